#pragma once

// X-Forwarded-* and X-Real-Ip at the entrance: what strangers claim is dropped, what is missing is filled in, and
// headers that Connection names end here (Traefik: entryPoints.NAME.forwardedHeaders). Pure; runs on the request's
// core.

#include "protocol/http/exchange.h"
#include "proxy/entry/entry_point.h"

namespace tandem::entry {

void apply_forwarded_headers(const ForwardedHeadersOptions& options, http::Request& request, http::Exchange& exchange);

/// Host names and ports of a Host value: "name", "name:80", "[::1]:80".
struct HostParts {
  std::string_view host;  ///< without brackets
  std::string_view port;  ///< empty when there is none
};
HostParts split_host(std::string_view host);

}  // namespace tandem::entry
