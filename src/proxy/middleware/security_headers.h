#pragma once

// SecurityHeaders: the part of the headers middleware that checks the host and sets Strict-Transport-Security,
// X-Frame-Options, Content-Security-Policy and their like (Traefik: headers.allowedHosts, sts*, frameDeny …).
// Immutable, shared by all cores; owned by its middleware.

#include <string>
#include <string_view>
#include <vector>

#include "config/model/headers_middleware.h"
#include "protocol/http/exchange.h"
#include "proxy/middleware/header_change.h"

namespace tandem::middleware {

class SecurityHeaders {
 public:
  explicit SecurityHeaders(const model::Headers& options);

  /// False: the host is none of those allowed.
  bool admits(const http::Request& request) const;
  /// Whether the client came over TLS, as far as this proxy or the headers of those before it say.
  bool is_secure(const http::Request& request, const http::Exchange& exchange) const;
  void apply(http::Response& response, bool secure) const;
  /// Nothing to set and nobody to refuse.
  bool empty() const {
    return always_.empty() && when_secure_.empty() && policies_with_nonce_.empty() && allowed_hosts_.empty();
  }

 private:
  void add_transport_security(const model::Headers& options);

  std::vector<std::string> allowed_hosts_;
  std::vector<std::string> host_headers_;
  std::vector<HeaderChange> tls_marks_;    // request headers that mean TLS
  std::vector<HeaderChange> always_;       // for all responses
  std::vector<HeaderChange> when_secure_;  // only where the client came over TLS
  std::vector<HeaderChange> policies_with_nonce_;
};

}  // namespace tandem::middleware
