#pragma once

// What the redirecting middlewares share: the answer, and the URL a request asked for. Any thread; no state.

#include <string_view>

#include "protocol/http/exchange.h"

namespace tandem::middleware {

/// 302 to GET and 307 to others, or 301 and 308 when permanent; the body is the reason phrase (Traefik's answer).
/// `location` lives in the arena.
http::Response redirect_to(std::string_view location, std::string_view method, bool permanent, http::Arena& arena);

/// The request's path and query as a request line has them; never empty.
std::string_view uri_of(const http::Request& request, http::Arena& arena);

struct HostAndPort {
  std::string_view host;  ///< with the brackets of an IPv6 address
  std::string_view port;  ///< empty without
};
/// Splits a Host header's value. A colon without digits behind it counts as no port.
HostAndPort split_host(std::string_view host);

}  // namespace tandem::middleware
