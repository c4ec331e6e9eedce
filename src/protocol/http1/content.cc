#include "protocol/http1/content.h"

#include <algorithm>

namespace tandem::http1 {

using http::Chunk;

net::IoCount Wire::fill(std::size_t expected) {
  const net::IoCount count = stream->try_read(in.prepare(expected));
  if (count.moved()) in.filled(count.bytes());
  if (in.empty()) in.release();
  return count;
}

void Content::begin(Framing framing, Patience patience) {
  framing_ = framing;
  patience_ = patience;
  left_ = framing.length;
  bytes_ = 0;
  given_ = 0;
  waited_ = loop::Nanoseconds{0};
  decoder_.reset();
  if (framing.kind == Framing::Kind::kChunked) decoder_.emplace(arena_);
  const bool none = framing.kind == Framing::Kind::kNone || (framing.kind == Framing::Kind::kLength && left_ == 0);
  state_ = none ? State::kFinished : State::kReading;
}

Chunk Content::fail(base::ErrorKind kind, std::string_view what) {
  state_ = State::kFailed;
  error_kind_ = kind;
  error_text_ = what;
  return {Chunk::Kind::kError, {}};
}

base::Error Content::error() const { return {error_kind_, sender_, std::string(error_text_)}; }

Chunk Content::take(std::size_t size) {
  given_ = size;
  bytes_ += size;
  return {Chunk::Kind::kBytes, wire_.in.view().substr(0, size)};
}

Chunk Content::try_read() {
  settle();
  if (state_ == State::kFailed) return {Chunk::Kind::kError, {}};
  for (;;) {
    if (state_ == State::kFinished) return {Chunk::Kind::kEnd, {}};
    if (!wire_.in.empty()) {
      const Chunk chunk = decode();
      if (chunk.kind != Chunk::Kind::kWouldBlock) return chunk;
    }
    const std::size_t expected = framing_.kind == Framing::Kind::kLength ? static_cast<std::size_t>(left_)
                                 : bytes_ > net::Buffer::kSmall          ? net::Buffer::kLarge
                                                                         : net::Buffer::kSmall;
    const net::IoCount count = wire_.fill(expected);
    if (count.would_block()) return {Chunk::Kind::kWouldBlock, {}};
    if (count.failed()) return fail(base::ErrorKind::kReset, "the connection broke within the content");
    if (count.ended()) {
      if (framing_.kind != Framing::Kind::kUntilClose) {
        return fail(base::ErrorKind::kClosed, "the connection ended within the content");
      }
      state_ = State::kFinished;
    }
  }
}

/// Decodes what is in the buffer; kWouldBlock when that is not enough.
Chunk Content::decode() {
  if (framing_.kind == Framing::Kind::kUntilClose) return take(wire_.in.size());
  if (framing_.kind == Framing::Kind::kLength) {
    const std::size_t size = std::min<std::uint64_t>(left_, wire_.in.size());
    left_ -= size;
    if (left_ == 0) state_ = State::kFinished;
    return take(size);
  }
  while (!wire_.in.empty()) {
    const ChunkedDecoder::Step step = decoder_->step(wire_.in.view());
    switch (step.kind) {
      case ChunkedDecoder::Kind::kBad:
        return fail(base::ErrorKind::kProtocol, "malformed chunked content");
      case ChunkedDecoder::Kind::kMore:
        wire_.in.consume(step.consumed);
        return {Chunk::Kind::kWouldBlock, {}};
      case ChunkedDecoder::Kind::kEnd:
        wire_.in.consume(step.consumed);
        state_ = State::kFinished;
        return {Chunk::Kind::kEnd, {}};
      case ChunkedDecoder::Kind::kData:
        // The data ends where the consumed bytes end, so what stands before it can go now.
        wire_.in.consume(step.consumed - step.data.size());
        return take(step.data.size());
    }
  }
  return {Chunk::Kind::kWouldBlock, {}};
}

loop::Descriptor::Wait Content::readable() {
  const loop::TimePoint now = loop::Loop::current().now();
  wait_began_ = now;
  loop::TimePoint deadline = patience_.deadline;
  if (patience_.min_bytes_per_second != 0) {
    const auto earned = std::chrono::nanoseconds(static_cast<std::int64_t>(
        static_cast<double>(bytes_) * 1e9 / static_cast<double>(patience_.min_bytes_per_second)));
    deadline = std::min(deadline, now + (patience_.grace + earned - waited_));
  }
  return wire_.stream->readable(deadline);
}

void Content::waited(loop::Wake wake) {
  waited_ += loop::Loop::current().now() - wait_began_;
  if (wake == loop::Wake::kTimeout && state_ == State::kReading) {
    (void)fail(base::ErrorKind::kTimeout, "the content came too slowly");
  }
}

}  // namespace tandem::http1
