#include "proxy/entry/front_handler.h"

#include <algorithm>

#include "proxy/entry/canonical_path.h"
#include "proxy/entry/forwarded_headers.h"
#include "proxy/match/routing_path.h"

namespace tandem::entry {

namespace {

using http::HeaderField;
using http::HeaderId;

constexpr int kBadRequest = 400;
constexpr int kNotImplemented = 501;

bool has_underscore(const HeaderField& field) {
  return field.id == HeaderId::kOther && field.name.find('_') != std::string_view::npos;
}

/// Servers that read underscores as hyphens would see framing that we did not.
bool is_framing_twin(const HeaderField& field) {
  return has_underscore(field) && (http::equals_ignoring_case(field.name, "Content_Length") ||
                                   http::equals_ignoring_case(field.name, "Transfer_Encoding") ||
                                   http::equals_ignoring_case(field.name, "Content-Length_") ||
                                   http::equals_ignoring_case(field.name, "Transfer-Encoding_"));
}

std::string_view encode_semicolons(std::string_view query, http::Arena& arena) {
  const auto count = static_cast<std::size_t>(std::ranges::count(query, ';'));
  if (count == 0) return query;
  char* const out = arena.allocate_text(query.size() + 2 * count);
  char* at = out;
  for (const char c : query) {
    if (c == ';') {
      at = std::ranges::copy(std::string_view("%3B"), at).out;
    } else {
      *at++ = c;
    }
  }
  return {out, static_cast<std::size_t>(at - out)};
}

std::string_view lower_case(std::string_view text, http::Arena& arena) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (std::ranges::none_of(text, is_upper)) return text;
  char* const out = arena.allocate_text(text.size());
  std::ranges::transform(text, out, [&](char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; });
  return {out, text.size()};
}

}  // namespace

loop::Task<http::Response> FrontHandler::handle(http::Request request, http::Exchange& exchange) const {
  http::Arena& arena = exchange.arena;
  if (request.method == "CONNECT") return http::ready(http::empty_response(kNotImplemented, arena));
  request.headers.remove_if(is_framing_twin);
  if (options_.underscore_headers == UnderscoreHeaders::kDelete) {
    request.headers.remove_if(has_underscore);
  } else if (options_.underscore_headers == UnderscoreHeaders::kReject &&
             std::ranges::any_of(request.headers, has_underscore)) {
    return http::ready(http::error_response(kBadRequest, "Bad Request", arena));
  }
  if (request.path.find('#') != std::string_view::npos) return http::ready(http::empty_response(kBadRequest, arena));
  request.path = normalize_path(request.path, arena);
  if (options_.sanitize_path) request.path = sanitize_path(request.path, arena);
  if (options_.encode_query_semicolons) request.query = encode_semicolons(request.query, arena);
  apply_forwarded_headers(options_.forwarded, request, exchange);
  exchange.canonical_host = lower_case(split_host(request.host).host, arena);
  const auto routing_path = match::routing_path(request.path, arena);
  if (!routing_path) return http::ready(http::empty_response(kBadRequest, arena));
  exchange.routing_path = *routing_path;
  // From here on requests count: those refused above leave no trace, as in Traefik.
  exchange.observed = options_.observed;
  if (exchange.observed.any()) exchange.note_received(request);
  return routers_->handle(std::move(request), exchange);
}

}  // namespace tandem::entry
