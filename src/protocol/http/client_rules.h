#pragma once

// What a client decides by a request, whatever the version of HTTP it speaks. Pure; any core.

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "protocol/http/message.h"

namespace tandem::http {

/// How long a client waits for "100 Continue" before it sends the content anyway, as Go's net/http.
inline constexpr auto kContinuePatience = std::chrono::seconds(1);

/// Interim (1xx) responses to one request; a server that sends more is broken, or means harm.
inline constexpr std::size_t kMostInterims = 100;

inline base::Error upstream_error(base::ErrorKind kind, std::string_view what) {
  return {kind, base::Side::kUpstream, std::string(what)};
}

/// May be sent again when nobody knows whether the server saw it (RFC 9110 §9.2.2; the fields as in Go's net/http).
inline bool is_idempotent(const Request& request) {
  const std::string_view m = request.method;
  if (m == "GET" || m == "HEAD" || m == "OPTIONS" || m == "TRACE") return true;
  return request.headers.get("Idempotency-Key").has_value() || request.headers.get("X-Idempotency-Key").has_value();
}

/// RFC 9110 §8.6: a method that usually has content says so when there is none.
inline bool announces_empty_content(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace tandem::http
