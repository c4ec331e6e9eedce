#include "proxy/middleware/redirect.h"

#include <algorithm>

namespace tandem::middleware {

http::Response redirect_to(std::string_view location, std::string_view method, bool permanent, http::Arena& arena) {
  const bool get = method == "GET";
  const int status = permanent ? (get ? 301 : 308) : (get ? 302 : 307);
  http::Response response = http::bare_response(status, http::reason_phrase(status), arena);
  response.headers.add_view(http::HeaderId::kLocation, location);
  return response;
}

std::string_view uri_of(const http::Request& request, http::Arena& arena) {
  const std::string_view path = request.path.empty() ? "/" : request.path;
  if (!request.has_query && request.query.empty()) return path;
  return arena.concat({path, "?", request.query});
}

HostAndPort split_host(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return {host, {}};
  const std::string_view port = host.substr(colon + 1);
  if (!std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; })) return {host, {}};
  return {host.substr(0, colon), port};
}

}  // namespace tandem::middleware
