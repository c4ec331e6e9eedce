#pragma once

// Content: the part of an HTTP/1 message behind its head, read from a connection according to its framing. Owned by the
// connection's session (server) or response (client); the Body of a message only refers to it. One core.

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "base/result.h"
#include "engine/net/buffer.h"
#include "engine/net/stream.h"
#include "protocol/http/body.h"
#include "protocol/http1/chunked.h"
#include "protocol/http1/head.h"

namespace tandem::http1 {

/// A connection and what was read from it ahead.
struct Wire {
  std::unique_ptr<net::Stream> stream;
  net::Buffer in;

  /// Reads once into `in`. `expected` as in Buffer::prepare.
  net::IoCount fill(std::size_t expected = net::Buffer::kSmall);
};

/// How patient a reader of content is. A sender may pause, but must keep up `min_bytes_per_second` on average over the
/// time that was spent waiting for it, once `grace` has passed.
struct Patience {
  loop::TimePoint deadline = loop::kNever;  ///< for the whole content
  std::uint64_t min_bytes_per_second = 0;   ///< 0: no matter how slow
  loop::Nanoseconds grace = std::chrono::seconds(10);
};

class Content {
 public:
  Content(Wire& wire, http::Arena& arena, base::Side sender) : wire_(wire), arena_(arena), sender_(sender) {}

  /// Begins with a new message.
  void begin(Framing framing, Patience patience);
  /// Nothing is left to read.
  bool finished() const { return state_ == State::kFinished; }
  bool failed() const { return state_ == State::kFailed; }
  /// Takes back what the last try_read() gave, for a reader that stopped before kEnd: these bytes are used, and must
  /// not be taken for the next message.
  void settle() {
    if (given_ != 0) wire_.in.consume(std::exchange(given_, 0));
  }
  /// What can be read now without waiting; the bytes are valid until the next call.
  http::Chunk try_read();
  loop::Descriptor::Wait readable();
  /// After a wait that `readable` gave.
  void waited(loop::Wake wake);
  base::Error error() const;
  const http::Headers* trailers() const { return decoder_ ? &decoder_->trailers() : nullptr; }
  std::uint64_t bytes_read() const { return bytes_; }
  /// Bytes still to come where the length is known; 0 otherwise.
  std::uint64_t left() const { return left_; }

 private:
  enum class State : std::uint8_t { kReading, kFinished, kFailed };
  http::Chunk fail(base::ErrorKind kind, std::string_view what);
  http::Chunk decode();
  http::Chunk take(std::size_t size);

  Wire& wire_;
  http::Arena& arena_;
  std::optional<ChunkedDecoder> decoder_;
  Framing framing_;
  Patience patience_;
  loop::TimePoint wait_began_{};
  loop::Nanoseconds waited_{0};
  std::uint64_t left_ = 0;
  std::uint64_t bytes_ = 0;
  std::size_t given_ = 0;  // bytes of the buffer that the last chunk pointed to
  State state_ = State::kFinished;
  base::Side sender_;
  base::ErrorKind error_kind_ = base::ErrorKind::kInternal;
  std::string_view error_text_;
};

}  // namespace tandem::http1
