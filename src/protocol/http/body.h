#pragma once

// Body: the content of a message, pulled by whoever wants it: the one who reads sets the pace, so back-pressure needs
// no further machinery. Owned by its message; dropping it unread tells the source to give up. One core.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "engine/loop/task.h"
#include "protocol/http/headers.h"

namespace tandem::http {

/// What one pull gave. The bytes are valid until the next pull from the same source.
struct Chunk {
  enum class Kind : std::uint8_t { kBytes, kEnd, kWouldBlock, kError };
  Kind kind = Kind::kEnd;
  std::string_view bytes;
  bool last = false;  ///< kEnd is known to be next, and trailers() is complete
};

/// Where the bytes of a streamed body come from.
class BodySource : public loop::Pooled {
 public:
  virtual ~BodySource() = default;
  /// What is there without waiting: bytes, the end, kWouldBlock, or kError (then error() says why).
  virtual Chunk try_read() = 0;
  /// Waits until try_read() would give something else than kWouldBlock; errors show in the next try_read().
  virtual loop::Task<void> wait() = 0;
  /// REQUIRES: try_read() gave kError.
  virtual base::Error error() const = 0;
  /// The trailer fields; complete once try_read() gave kEnd. Null when there are none.
  virtual const Headers* trailers() const { return nullptr; }
};

class Body {
 public:
  Body() = default;
  /// A body whose bytes are all there; they live in the exchange's arena or are static.
  static Body of(std::string_view bytes) {
    Body body;
    body.bytes_ = bytes;
    body.length_ = bytes.size();
    return body;
  }
  /// A body that is pulled from `source`; `length` is its exact size when known (Content-Length).
  static Body from(std::unique_ptr<BodySource> source, std::optional<std::uint64_t> length) {
    Body body;
    body.source_ = std::move(source);
    body.length_ = length;
    return body;
  }

  /// Nothing at all: no bytes and no source.
  bool empty() const { return source_ == nullptr && bytes_.empty(); }
  bool streamed() const { return source_ != nullptr; }
  /// Bytes in total, when known from the start. Absent for chunked and close-delimited bodies.
  std::optional<std::uint64_t> length() const { return length_; }
  /// REQUIRES: !streamed().
  std::string_view bytes() const { return bytes_; }

  /// Works for every kind of body: the bytes of a complete one come as one chunk, then kEnd.
  Chunk try_read() {
    if (source_ != nullptr) return source_->try_read();
    if (bytes_.empty()) return {Chunk::Kind::kEnd, {}};
    return {Chunk::Kind::kBytes, std::exchange(bytes_, {})};
  }
  /// REQUIRES: streamed().
  BodySource& source() { return *source_; }
  const Headers* trailers() const { return source_ != nullptr ? source_->trailers() : nullptr; }
  std::unique_ptr<BodySource> take_source() { return std::move(source_); }

 private:
  std::string_view bytes_;
  std::unique_ptr<BodySource> source_;
  std::optional<std::uint64_t> length_ = 0;
};

}  // namespace tandem::http
