#pragma once

// The heads of HTTP/1 messages: bytes to fields, strictly (RFC 9112). Pure functions over bytes in an arena: no I/O,
// any core.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/http/headers.h"
#include "protocol/http/message.h"

namespace tandem::http1 {

/// What a head lacked: the status and text a server answers before it closes the connection. Static strings.
struct HeadError {
  int status;
  std::string_view text;
};

/// Finds the end of a head in `bytes`, of which `scanned` were looked at before (updated).
struct HeadEnd {
  enum class Kind : std::uint8_t { kFound, kMore, kBad } kind;
  std::size_t size = 0;  ///< of the head with its blank line
};
/// Bad is a line that does not end with CRLF: bare line feeds hide requests from whoever stands in front.
HeadEnd find_head_end(std::string_view bytes, std::size_t& scanned);

/// How the content that follows a head ends (RFC 9112 §6.3).
struct Framing {
  enum class Kind : std::uint8_t { kNone, kLength, kChunked, kUntilClose } kind = Kind::kNone;
  std::uint64_t length = 0;
};

struct RequestHead {
  std::string_view method;
  std::string_view target;
  http::Version version = http::Version::kHttp11;
  std::string_view host;  ///< the Host field; removed from `headers`
  bool has_host = false;
  http::Headers headers;  ///< without Host and Transfer-Encoding
  Framing framing;
  bool keep_alive = true;
  std::string_view upgrade;  ///< see http::Request
  bool expects_continue = false;
};

struct ResponseHead {
  int status = 0;
  http::Version version = http::Version::kHttp11;
  http::Headers headers;  ///< without Content-Length, Transfer-Encoding
  Framing framing;
  /// Content-Length as announced, also where no content follows (HEAD, 304).
  std::optional<std::uint64_t> announced_length;
  bool keep_alive = true;
};

/// Makes a response head strict that many servers send and Go accepts: bare line feeds, folded lines, spaces before a
/// colon. The result, in the arena, is the head as parse_response_head wants it, or empty when its end has not come.
struct MendedHead {
  std::span<char> head;
  std::size_t consumed = 0;  ///< bytes of the input
};
MendedHead mend_response_head(std::string_view bytes, http::Arena& arena);

/// Parses a complete head, which lies in the arena of `head.headers` and is changed in place (canonical names).
std::optional<HeadError> parse_request_head(std::span<char> bytes, std::size_t max_fields, RequestHead& head);
/// `to_head`: the request was HEAD. An interim response has no framing.
std::optional<HeadError> parse_response_head(std::span<char> bytes, bool to_head, ResponseHead& head);
/// Parses a trailer section (field lines and the blank line). Framing and routing fields are refused (RFC 9110 §6.5.1).
bool parse_trailers(std::span<char> bytes, http::Headers& trailers);

}  // namespace tandem::http1
