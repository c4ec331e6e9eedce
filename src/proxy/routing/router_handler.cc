#include "proxy/routing/router_handler.h"

#include <utility>

namespace tandem::routing {
namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

DeniedEscapes denied_escapes(const std::optional<model::EncodedCharacters>& allowed) {
  DeniedEscapes denied;
  if (!allowed) return denied;
  if (!allowed->allowEncodedSlash) denied.push_back({'2', 'F'});
  if (!allowed->allowEncodedBackSlash) denied.push_back({'5', 'C'});
  if (!allowed->allowEncodedNullCharacter) denied.push_back({'0', '0'});
  if (!allowed->allowEncodedSemicolon) denied.push_back({'3', 'B'});
  if (!allowed->allowEncodedPercent) denied.push_back({'2', '5'});
  if (!allowed->allowEncodedQuestionMark) denied.push_back({'3', 'F'});
  if (!allowed->allowEncodedHash) denied.push_back({'2', '3'});
  return denied;
}

bool RouterHandler::denies(std::string_view path) const {
  for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    if (at + 2 >= path.size()) return false;
    for (const auto& escape : denied_) {
      if (upper(path[at + 1]) == escape[0] && upper(path[at + 2]) == escape[1]) return true;
    }
  }
  return false;
}

void RouterHandler::identify(const http::Request& request, http::Exchange& exchange) const {
  http::Observed& observed = exchange.observed;
  exchange.metrics.router = identity_.metric;
  if (identity_.child) {
    exchange.router_path = exchange.arena.concat({exchange.router_path, " -> ", identity_.router});
    observed.access_log = observed.access_log && identity_.observed.access_log;
    observed.metrics = observed.metrics && identity_.observed.metrics;
    observed.tracing = observed.tracing && identity_.observed.tracing;
    return;
  }
  exchange.router_path = identity_.router;
  observed = identity_.observed;
  if (observed.any()) exchange.note_received(request);
}

loop::Task<http::Response> RouterHandler::handle(http::Request request, http::Exchange& exchange) const {
  exchange.router_name = identity_.router;
  exchange.service_name = identity_.service;
  if (exchange.observed.any() || identity_.observed.any()) identify(request, exchange);
  if (!denied_.empty() && denies(request.path)) return http::ready(http::empty_response(400, exchange.arena));
  return next_->handle(std::move(request), exchange);
}

}  // namespace tandem::routing
