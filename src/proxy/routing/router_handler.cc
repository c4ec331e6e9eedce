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

RouterHandler::RouterHandler(std::string router_name, std::string service_name, DeniedEscapes denied,
                             http::HandlerPtr next)
    : router_name_(std::move(router_name)),
      service_name_(std::move(service_name)),
      denied_(std::move(denied)),
      next_(std::move(next)) {}

bool RouterHandler::denies(std::string_view path) const {
  for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    if (at + 2 >= path.size()) return false;
    for (const auto& escape : denied_) {
      if (upper(path[at + 1]) == escape[0] && upper(path[at + 2]) == escape[1]) return true;
    }
  }
  return false;
}

loop::Task<http::Response> RouterHandler::handle(http::Request request, http::Exchange& exchange) const {
  exchange.router_name = router_name_;
  exchange.service_name = service_name_;
  if (!denied_.empty() && denies(request.path)) return http::ready(http::empty_response(400, exchange.arena));
  return next_->handle(std::move(request), exchange);
}

}  // namespace tandem::routing
