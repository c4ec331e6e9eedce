#pragma once

// Request and Response: what passes through handlers, the same for HTTP/1, 2 and 3. Their texts live in the exchange's
// arena. One core; plain movable values.

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/net/stream.h"
#include "protocol/http/body.h"
#include "protocol/http/headers.h"

namespace tandem::http {

enum class Version : std::uint8_t { kHttp10, kHttp11, kHttp2, kHttp3 };

struct Request {
  std::string_view method;
  /// The authority the client named: the one of an absolute-form target, else the Host field, as sent. Not among
  /// `headers`.
  std::string_view host;
  /// Percent-encoded path, begins with '/' (or is "*" for OPTIONS). Normalised by the entry point; path middlewares
  /// change it.
  std::string_view path;
  /// The query without '?', as sent.
  std::string_view query;
  bool has_query = false;  ///< tells "/p?" from "/p"
  bool absolute_form = false;
  Version version = Version::kHttp11;
  /// The protocol named by Upgrade when Connection lists "upgrade" (HTTP/1.1 only); else empty.
  std::string_view upgrade;
  bool expects_continue = false;
  Headers headers;
  Body body;
};

/// The other half of an upgraded connection (101, or 2xx to CONNECT).
struct Tunnel {
  std::unique_ptr<net::Stream> stream;
  std::string_view early;  ///< bytes that came right behind the response's head; they live in the arena
};

struct Response {
  int status = 200;
  Headers headers;
  Body body;
  std::unique_ptr<Tunnel> tunnel;  ///< set when the connection changes its protocol
  bool close = false;              ///< the client's connection ends after this response
  /// The length a HEAD or 304 response announces without having the bytes (Content-Length as received).
  std::optional<std::uint64_t> announced_length;

  Response() = default;
  Response(int code, Arena& arena) : status(code), headers(arena) {}
};

/// Go's http.Error: text/plain; charset=utf-8 with nosniff; the body is `text` and a newline. `text` is static or in
/// the arena.
Response error_response(int status, std::string_view text, Arena& arena);
/// A status with an empty body and nothing else.
Response empty_response(int status, Arena& arena);
/// A status whose body is `text` as it stands, without Content-Type (Traefik's answers for upstream failures).
Response bare_response(int status, std::string_view text, Arena& arena);

/// Go's http.StatusText; empty for unknown codes.
std::string_view reason_phrase(int status);

/// Each '%' stands before two hexadecimal digits (RFC 3986 §2.1).
bool has_valid_escapes(std::string_view path);

/// The decoded form of a percent-encoded path (Go's url.PathUnescape); nothing when a sequence is malformed.
std::optional<std::string_view> percent_decode(std::string_view text, Arena& arena);

}  // namespace tandem::http
