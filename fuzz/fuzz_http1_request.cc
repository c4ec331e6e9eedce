// Any bytes as the head of a request: an error or a head, and a head that is written out and read again is the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "protocol/http1/head.h"
#include "protocol/http1/target.h"

namespace {

namespace http = tandem::http;
namespace http1 = tandem::http1;

void require(bool holds) {
  if (!holds) std::abort();
}

bool parse(std::string_view text, http::Arena& arena, http1::RequestHead& head) {
  head.headers = http::Headers(arena);
  std::size_t scanned = 0;
  const http1::HeadEnd end = http1::find_head_end(text, scanned);
  // The same when it comes in two pieces.
  std::size_t scanned_again = 0;
  const http1::HeadEnd half = http1::find_head_end(text.substr(0, text.size() / 2), scanned_again);
  if (half.kind == http1::HeadEnd::Kind::kMore) {
    const http1::HeadEnd whole = http1::find_head_end(text, scanned_again);
    require(whole.kind == end.kind && whole.size == end.size);
  } else {
    require(half.kind == end.kind && half.size == end.size);
  }
  if (end.kind != http1::HeadEnd::Kind::kFound) return false;
  char* const copy = arena.allocate_text(end.size);
  std::memcpy(copy, text.data(), end.size);
  const auto error = http1::parse_request_head({copy, end.size}, 100, head);
  require(!error || error->status >= 400);
  return !error;
}

std::string write(const http1::RequestHead& head) {
  std::string out(head.method);
  out.append(" ").append(head.target);
  out.append(head.version == http::Version::kHttp10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  if (head.has_host) out.append("Host: ").append(head.host).append("\r\n");
  using Kind = http1::Framing::Kind;
  if (head.framing.kind == Kind::kChunked) out.append("Transfer-Encoding: chunked\r\n");
  if (head.framing.kind == Kind::kLength) {
    out.append("Content-Length: ").append(std::to_string(head.framing.length)).append("\r\n");
  }
  for (const http::HeaderField& field : head.headers) {
    if (field.id == http::HeaderId::kContentLength) continue;  // stands above
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  return out.append("\r\n");
}

void check_fields(const http::Headers& one, const http::Headers& other) {
  require(one.size() == other.size());
  const auto* b_at = other.begin();
  for (const http::HeaderField& a : one) {
    if (a.id == http::HeaderId::kContentLength) continue;
    while (b_at != other.end() && b_at->id == http::HeaderId::kContentLength) ++b_at;
    require(b_at != other.end());
    const http::HeaderField& b = *b_at++;
    require(a.name == b.name && a.value == b.value && a.id == b.id && a.id == http::header_id(a.name));
    require(a.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos && http::is_token(a.name));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  http::Arena arena;
  http1::RequestHead head;
  if (!parse(text, arena, head)) return 0;
  http1::RequestHead again;
  require(parse(write(head), arena, again));
  require(head.method == again.method && head.target == again.target && head.version == again.version);
  require(head.host == again.host && head.has_host == again.has_host && head.upgrade == again.upgrade);
  require(head.framing.kind == again.framing.kind && head.framing.length == again.framing.length);
  require(head.keep_alive == again.keep_alive && head.expects_continue == again.expects_continue);
  check_fields(head.headers, again.headers);

  http::Request request;
  request.method = head.method;
  request.host = head.host;
  if (http1::parse_target(head.target, request) && head.method != "CONNECT") {
    require(!request.path.empty() && (request.path.front() == '/' || request.path == "*"));
    require(request.path.find('?') == std::string_view::npos);
    require(http::percent_decode(request.path, arena).has_value());
  }
  return 0;
}
