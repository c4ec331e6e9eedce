// Any bytes as chunked content: how they are cut into pieces changes nothing, and what was decoded can be encoded
// again.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocol/http1/chunked.h"

namespace {

namespace http = tandem::http;
using tandem::http1::ChunkedDecoder;
using tandem::http1::write_chunk_size;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Decoded {
  std::string content;
  std::string trailers;
  ChunkedDecoder::Kind last = ChunkedDecoder::Kind::kMore;
  std::size_t used = 0;  // up to the end of the content
};

/// Decodes `text` in pieces whose sizes `next_size` tells.
template <class Sizes>
Decoded decode(std::string_view text, Sizes next_size) {
  http::Arena arena;
  ChunkedDecoder decoder(arena);
  Decoded out;
  std::size_t at = 0;
  while (at < text.size()) {
    std::string_view piece = text.substr(at, std::max<std::size_t>(next_size(), 1));
    at += piece.size();
    while (!piece.empty()) {
      const ChunkedDecoder::Step step = decoder.step(piece);
      out.last = step.kind;
      if (step.kind == ChunkedDecoder::Kind::kBad) return out;
      require(step.consumed <= piece.size() && step.data.size() <= step.consumed);
      require(step.kind == ChunkedDecoder::Kind::kData || step.data.empty());
      require(step.consumed != 0 || step.kind == ChunkedDecoder::Kind::kEnd);
      out.content.append(step.data);
      out.used += step.consumed;
      piece.remove_prefix(step.consumed);
      if (step.kind == ChunkedDecoder::Kind::kEnd) {
        for (const http::HeaderField& field : decoder.trailers()) {
          out.trailers.append(field.name).append(": ").append(field.value).append("\r\n");
        }
        return out;
      }
    }
  }
  // The end shows itself without another byte.
  const ChunkedDecoder::Step step = decoder.step({});
  if (step.kind != ChunkedDecoder::Kind::kMore) {
    out.last = step.kind;
    for (const http::HeaderField& field : decoder.trailers()) {
      out.trailers.append(field.name).append(": ").append(field.value).append("\r\n");
    }
  } else {
    out.last = ChunkedDecoder::Kind::kMore;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using Kind = ChunkedDecoder::Kind;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const Decoded whole = decode(text, [&] { return text.size(); });
  std::size_t random = size * 2654435761U + (size != 0 ? bytes[size / 2] : 0U);
  const Decoded byte_by_byte = decode(text, [] { return std::size_t{1}; });
  const Decoded cut = decode(text, [&] { return (random = random * 1103515245U + 12345U) >> 16U & 15U; });
  for (const Decoded* other : {&byte_by_byte, &cut}) {
    require(other->last == whole.last && other->content == whole.content && other->trailers == whole.trailers);
    require(whole.last != Kind::kEnd || other->used == whole.used);
  }
  if (whole.last != Kind::kEnd) return 0;

  std::string encoded;
  char line[20];
  if (!whole.content.empty()) {
    encoded.append(line, write_chunk_size(line, whole.content.size())).append(whole.content).append("\r\n");
  }
  encoded.append("0\r\n").append(whole.trailers).append("\r\n");
  const Decoded again = decode(encoded, [&] { return encoded.size(); });
  require(again.last == Kind::kEnd && again.content == whole.content && again.trailers == whole.trailers);
  require(again.used == encoded.size());
  return 0;
}
