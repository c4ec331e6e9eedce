#include "protocol/http1/chunked.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/text.h"
#include "protocol/http1/head.h"

namespace tandem::http1 {

namespace {

// Go's limit is of the same kind: sizes and extensions may not be a way to send bytes that nobody counts.
constexpr std::uint32_t kMaxOverhead = 16 * 1024;
constexpr std::uint64_t kFree = kMaxOverhead;  // content beyond this excuses no further overhead
constexpr std::size_t kMaxTrailers = 16 * 1024;

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::step(std::string_view input) {
  std::size_t at = 0;
  while (at < input.size() || state_ == State::kEnd) {
    if (state_ == State::kEnd) return {Kind::kEnd, at, {}};
    const char c = input[at];
    switch (state_) {
      case State::kSize: {
        const int digit = base::hex_digit(c);
        if (digit >= 0) {
          if (++digits_ > 16 || (left_ >> 59) != 0) return {Kind::kBad, at, {}};
          left_ = left_ * 16 + static_cast<unsigned>(digit);
        } else if (digits_ == 0) {
          return {Kind::kBad, at, {}};
        } else if (c == '\r') {
          state_ = State::kSizeLf;
        } else if (c == ';' || c == ' ' || c == '\t') {
          state_ = State::kExtension;
        } else {
          return {Kind::kBad, at, {}};
        }
        ++at;
        if (++overhead_ > kMaxOverhead) return {Kind::kBad, at, {}};
        break;
      }
      case State::kExtension:
        if (c == '\r') state_ = State::kSizeLf;
        if (c == '\n' || ++overhead_ > kMaxOverhead) return {Kind::kBad, at, {}};
        ++at;
        break;
      case State::kSizeLf:
        if (c != '\n') return {Kind::kBad, at, {}};
        ++at;
        digits_ = 0;
        state_ = left_ == 0 ? State::kTrailer : State::kData;
        // As Go counts it: a chunk may cost 16 bytes and twice its size, so that tiny chunks are no offence.
        overhead_ -= static_cast<std::uint32_t>(std::min<std::uint64_t>(overhead_, 16 + 2 * std::min(left_, kFree)));
        break;
      case State::kData: {
        const std::size_t size = std::min<std::uint64_t>(left_, input.size() - at);
        left_ -= size;
        if (left_ == 0) state_ = State::kDataCr;
        return {Kind::kData, at + size, input.substr(at, size)};
      }
      case State::kDataCr:
      case State::kDataLf:
        if (c != (state_ == State::kDataCr ? '\r' : '\n')) return {Kind::kBad, at, {}};
        state_ = state_ == State::kDataCr ? State::kDataLf : State::kSize;
        ++at;
        break;
      case State::kTrailer:
        trailer_text_.push_back(c);
        ++at;
        if (trailer_text_.size() > kMaxTrailers) return {Kind::kBad, at, {}};
        if (c == '\n' && !finish_trailers()) return {Kind::kBad, at, {}};
        break;
      case State::kEnd:
        break;
    }
  }
  return {Kind::kMore, at, {}};
}

/// Looks at the trailer section after each of its lines; false when it is malformed.
bool ChunkedDecoder::finish_trailers() {
  const std::size_t size = trailer_text_.size();
  if (size < 2 || trailer_text_[size - 2] != '\r') return false;
  const bool blank = size == 2 || trailer_text_[size - 3] == '\n';
  if (!blank) return true;
  state_ = State::kEnd;
  if (size == 2) return true;
  char* copy = trailers_.arena().allocate_text(size);
  std::memcpy(copy, trailer_text_.data(), size);
  return parse_trailers({copy, size}, trailers_);
}

std::size_t write_chunk_size(char* into, std::uint64_t size) {
  const auto [end, error] = std::to_chars(into, into + 18, size, 16);
  (void)error;  // 16 digits always fit
  end[0] = '\r';
  end[1] = '\n';
  return static_cast<std::size_t>(end - into) + 2;
}

}  // namespace tandem::http1
