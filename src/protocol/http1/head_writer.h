#pragma once

// HeadWriter: puts the lines of a head together in the arena of an exchange. One core; a plain value whose bytes belong
// to the arena.

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "protocol/http/headers.h"

namespace tandem::http1 {

/// What says where a message ends: only the writer of a connection knows.
inline constexpr http::HeaderSet kFramingFields = {http::HeaderId::kContentLength, http::HeaderId::kTransferEncoding};

/// Bytes that the lines of these fields take.
inline std::size_t fields_size(const http::Headers& headers) {
  std::size_t size = 0;
  for (const http::HeaderField& field : headers) size += field.name.size() + field.value.size() + 4;
  return size;
}

class HeadWriter {
 public:
  /// `most`: nothing checks that no more is written.
  HeadWriter(http::Arena& arena, std::size_t most) : begin_(arena.allocate_text(most)), at_(begin_) {}

  void text(std::string_view part) {
    if (!part.empty()) std::memcpy(at_, part.data(), part.size());
    at_ += part.size();
  }
  void number(std::uint64_t value) { at_ = std::to_chars(at_, at_ + 20, value).ptr; }
  void field(std::string_view name, std::string_view value) {
    text(name);
    *at_++ = ':';
    *at_++ = ' ';
    text(value);
    *at_++ = '\r';
    *at_++ = '\n';
  }
  void content_length(std::uint64_t length) {
    text("Content-Length: ");
    number(length);
    text("\r\n");
  }
  std::string_view view() const { return {begin_, static_cast<std::size_t>(at_ - begin_)}; }

 private:
  char* begin_;
  char* at_;
};

/// What ends chunked content (RFC 9112 §7.1): the last chunk with the trailer fields for which `keep(field)` holds.
template <class Keep>
std::string_view end_of_chunks(const http::Headers* trailers, http::Arena& arena, Keep keep) {
  if (trailers == nullptr || trailers->empty()) return "0\r\n\r\n";
  HeadWriter writer(arena, 8 + fields_size(*trailers));
  writer.text("0\r\n");
  for (const http::HeaderField& field : *trailers) {
    if (keep(field)) writer.field(field.name, field.value);
  }
  writer.text("\r\n");
  return writer.view();
}

}  // namespace tandem::http1
