#pragma once

// The chunked transfer coding (RFC 9112 §7.1) as a state machine over bytes: no I/O, any core, owned by a body reader.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "protocol/http/headers.h"

namespace tandem::http1 {

class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(http::Arena& arena) : trailers_(arena) {}

  enum class Kind : std::uint8_t {
    kData,  ///< `data` is content; `consumed` bytes of the input are used up
    kMore,  ///< everything is consumed, more input is needed
    kEnd,   ///< the last chunk and the trailers were read
    kBad,   ///< not the chunked coding, or a limit was reached
  };
  struct Step {
    Kind kind;
    std::size_t consumed = 0;
    std::string_view data;
  };
  /// Decodes as far as the next piece of content. Call again with the rest.
  Step step(std::string_view input);
  const http::Headers& trailers() const { return trailers_; }
  /// No content is owed in the middle of a chunk.
  bool between_chunks() const { return state_ != State::kData; }

 private:
  enum class State : std::uint8_t { kSize, kExtension, kSizeLf, kData, kDataCr, kDataLf, kTrailer, kEnd };
  bool finish_trailers();

  std::uint64_t left_ = 0;
  std::uint32_t digits_ = 0;
  std::uint32_t overhead_ = 0;  // bytes of sizes and extensions since the last content
  State state_ = State::kSize;
  bool blank_seen_ = false;
  std::string trailer_text_;
  http::Headers trailers_;
};

/// Writes the size line of a chunk ("1a\r\n") and returns its length. `into` holds at least 20 bytes.
std::size_t write_chunk_size(char* into, std::uint64_t size);

}  // namespace tandem::http1
