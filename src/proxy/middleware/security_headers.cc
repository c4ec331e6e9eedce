#include "proxy/middleware/security_headers.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

namespace tandem::middleware {

namespace {

constexpr std::string_view kNonce = "$NONCE";

/// `policy` with every $NONCE replaced by a fresh 'nonce-…'.
std::string_view with_nonce(std::string_view policy, http::Arena& arena) {
  std::array<unsigned char, 16> bytes;
  RAND_bytes(bytes.data(), bytes.size());
  std::array<unsigned char, 25> text;  // 24 characters and the final zero
  EVP_EncodeBlock(text.data(), bytes.data(), bytes.size());
  const std::string_view nonce(reinterpret_cast<const char*>(text.data()), 24);
  std::string_view out;
  for (std::size_t at = policy.find(kNonce); at != std::string_view::npos; at = policy.find(kNonce)) {
    out = arena.concat({out, policy.substr(0, at), "'nonce-", nonce, "'"});
    policy.remove_prefix(at + kNonce.size());
  }
  return arena.concat({out, policy});
}

}  // namespace

SecurityHeaders::SecurityHeaders(const model::Headers& options) {
  const auto always = [this](std::string_view name, std::string_view value) {
    if (!value.empty()) always_.emplace_back(name, value);
  };
  const auto policy = [&](std::string_view name, std::string_view value) {
    if (value.find(kNonce) != std::string_view::npos) {
      policies_with_nonce_.emplace_back(name, value);
    } else {
      always(name, value);
    }
  };
  host_headers_ = options.hostsProxyHeaders;
  for (const auto& [name, value] : options.sslProxyHeaders) tls_marks_.emplace_back(name, value);
  if (!options.isDevelopment) {
    allowed_hosts_ = options.allowedHosts;
    add_transport_security(options);
    if (!options.publicKey.empty()) when_secure_.emplace_back("Public-Key-Pins", options.publicKey);
  }
  always("X-Frame-Options", !options.customFrameOptionsValue.empty() ? options.customFrameOptionsValue
                            : options.frameDeny                      ? "DENY"
                                                                     : "");
  if (options.contentTypeNosniff) always("X-Content-Type-Options", "nosniff");
  always("X-Xss-Protection", !options.customBrowserXSSValue.empty() ? options.customBrowserXSSValue
                             : options.browserXssFilter             ? "1; mode=block"
                                                                    : "");
  policy("Content-Security-Policy", options.contentSecurityPolicy);
  policy("Content-Security-Policy-Report-Only", options.contentSecurityPolicyReportOnly);
  always("Referrer-Policy", options.referrerPolicy);
  always("Permissions-Policy", options.permissionsPolicy);
}

void SecurityHeaders::add_transport_security(const model::Headers& options) {
  const std::int64_t seconds = options.stsSeconds.value_or(0);
  if (seconds == 0) return;
  std::string value = "max-age=" + std::to_string(seconds);
  if (options.stsIncludeSubdomains) value += "; includeSubDomains";
  if (options.stsPreload) value += "; preload";
  (options.forceSTSHeader ? always_ : when_secure_).emplace_back("Strict-Transport-Security", value);
}

bool SecurityHeaders::admits(const http::Request& request) const {
  if (allowed_hosts_.empty()) return true;
  std::string_view host = request.host;
  for (const std::string& name : host_headers_) {
    const std::string_view value = request.headers.get(name).value_or("");
    if (value.empty()) continue;
    host = value;
    break;
  }
  return std::ranges::any_of(allowed_hosts_,
                             [host](const std::string& allowed) { return http::equals_ignoring_case(allowed, host); });
}

bool SecurityHeaders::is_secure(const http::Request& request, const http::Exchange& exchange) const {
  if (exchange.connection.secure) return true;
  return std::ranges::any_of(tls_marks_, [&request](const HeaderChange& mark) {
    return request.headers.get(mark.name()).value_or("") == mark.value();
  });
}

void SecurityHeaders::apply(http::Response& response, bool secure) const {
  http::Headers& headers = response.headers;
  for (const HeaderChange& change : always_) change.apply(headers);
  if (secure) {
    for (const HeaderChange& change : when_secure_) change.apply(headers);
  }
  for (const HeaderChange& policy : policies_with_nonce_) {
    headers.remove(policy.name());
    headers.add_view(policy.id(), policy.name(), with_nonce(policy.value(), headers.arena()));
  }
}

}  // namespace tandem::middleware
