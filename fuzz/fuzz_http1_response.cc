// Any bytes as the head of a response: an error or a head, and a head that is written out and read again is the same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "protocol/http1/head.h"

namespace {

namespace http = tandem::http;
namespace http1 = tandem::http1;

void require(bool holds) {
  if (!holds) std::abort();
}

bool parse(std::string_view text, bool to_head, http::Arena& arena, http1::ResponseHead& head) {
  head.headers = http::Headers(arena);
  std::size_t scanned = 0;
  const http1::HeadEnd end = http1::find_head_end(text, scanned);
  if (end.kind != http1::HeadEnd::Kind::kFound) return false;
  char* const copy = arena.allocate_text(end.size);
  std::memcpy(copy, text.data(), end.size);
  return !http1::parse_response_head({copy, end.size}, to_head, head);
}

std::string write(const http1::ResponseHead& head) {
  std::string out(head.version == http::Version::kHttp10 ? "HTTP/1.0 " : "HTTP/1.1 ");
  out.append(std::to_string(head.status)).append("\r\n");
  if (head.framing.kind == http1::Framing::Kind::kChunked) out.append("Transfer-Encoding: chunked\r\n");
  if (head.announced_length) {
    out.append("Content-Length: ").append(std::to_string(*head.announced_length)).append("\r\n");
  }
  for (const http::HeaderField& field : head.headers) {
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  return out.append("\r\n");
}

void check(std::string_view text, bool to_head) {
  using Kind = http1::Framing::Kind;
  http::Arena arena;
  http1::ResponseHead head;
  if (!parse(text, to_head, arena, head)) return;
  require(head.status >= 100 && head.status <= 999);
  if (to_head || head.status < 200 || head.status == 204 || head.status == 304) {
    require(head.framing.kind == Kind::kNone);
  }
  if (head.framing.kind == Kind::kUntilClose) require(!head.keep_alive);
  if (head.framing.kind == Kind::kLength) require(head.announced_length == head.framing.length);
  http1::ResponseHead again;
  require(parse(write(head), to_head, arena, again));
  require(head.status == again.status && head.announced_length == again.announced_length);
  require(head.framing.kind == again.framing.kind && head.framing.length == again.framing.length);
  require(!head.keep_alive || again.keep_alive);
  require(head.headers.size() == again.headers.size());
  for (std::size_t i = 0; i < head.headers.size(); ++i) {
    require(head.headers.begin()[i].name == again.headers.begin()[i].name);
    require(head.headers.begin()[i].value == again.headers.begin()[i].value);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  check(text, false);
  http::Arena arena;
  if (const http1::MendedHead mended = http1::mend_response_head(text, arena); !mended.head.empty()) {
    require(mended.consumed <= size);
    const std::string_view strict(mended.head.data(), mended.head.size());
    std::size_t scanned = 0;
    const http1::HeadEnd end = http1::find_head_end(strict, scanned);
    require(end.kind == http1::HeadEnd::Kind::kBad || end.size == strict.size());
    check(strict, false);
  }
  check(text, true);
  return 0;
}
