#include "protocol/http2/stream_state.h"

#include <algorithm>

#include "protocol/http2/session.h"

namespace tandem::http2 {

void Inflow::append(std::string_view bytes) {
  net::Buffer& buffer = buffers_[filling_];
  // A large frame is rarely the last one.
  constexpr std::size_t kLargeFrame = net::Buffer::kSmall / 2;
  buffer.append(bytes, bytes.size() < kLargeFrame ? buffer.size() + bytes.size() : net::Buffer::kLarge);
}

std::string_view Inflow::give() {
  const std::string_view bytes = buffers_[filling_].view();
  given_ = bytes.size();
  given_total += given_;
  filling_ ^= 1U;
  return bytes;
}

std::size_t Inflow::settle() {
  if (given_ != 0) buffers_[filling_ ^ 1U].release();
  return std::exchange(given_, 0);
}

std::size_t Inflow::drop() {
  const std::size_t waiting = buffers_[filling_].size();
  buffers_[filling_].release();
  return waiting + settle();
}

loop::TimePoint Inflow::patience_ends(loop::TimePoint now) const {
  if (min_bytes_per_second == 0) return deadline;
  const double seconds = static_cast<double>(received) / static_cast<double>(min_bytes_per_second);
  const loop::Nanoseconds earned(static_cast<std::int64_t>(seconds * 1e9));
  return std::min(deadline, now + (grace + earned - waited));
}

/// What a handler pulls from. Dropping it tells the stream that nobody will.
class StreamState::ReceivedBody final : public http::BodySource {
 public:
  explicit ReceivedBody(StreamState& stream) : stream_(stream) {}
  ~ReceivedBody() override {
    Inflow& inflow = stream_.in;
    inflow.dropped = true;
    stream_.session.return_credit(stream_, inflow.drop());
    stream_.on_body_dropped();
  }
  ReceivedBody(const ReceivedBody&) = delete;
  ReceivedBody& operator=(const ReceivedBody&) = delete;

  http::Chunk try_read() override {
    using Kind = http::Chunk::Kind;
    Inflow& inflow = stream_.in;
    if (!begun_) {
      begun_ = true;
      stream_.on_first_pull();
    }
    if (const std::size_t used = inflow.settle(); used != 0) stream_.session.return_credit(stream_, used);
    if (!inflow.empty()) {
      const std::string_view bytes = inflow.give();
      stream_.on_pulled(bytes.size());
      return {.kind = Kind::kBytes, .bytes = bytes, .last = inflow.ended};
    }
    if (inflow.failed) return {Kind::kError, {}};
    return {inflow.ended ? Kind::kEnd : Kind::kWouldBlock, {}};
  }
  loop::Task<void> wait() override {
    Inflow& inflow = stream_.in;
    if (!inflow.empty() || inflow.failed || inflow.ended) co_return;
    const loop::TimePoint began = loop::Loop::current().now();
    const loop::Wake wake = co_await inflow.signal.wait(inflow.patience_ends(began));
    inflow.waited += loop::Loop::current().now() - began;
    if (wake == loop::Wake::kTimeout)
      stream_.fail_inflow(base::ErrorKind::kTimeout, "the content did not come in time");
  }
  base::Error error() const override {
    return {stream_.in.error_kind, stream_.sender(), std::string(stream_.in.error_text)};
  }
  const http::Headers* trailers() const override {
    static const http::Headers still_to_come;
    if (stream_.in.trailers) return &*stream_.in.trailers;
    return stream_.in.ended ? nullptr : &still_to_come;
  }

 private:
  StreamState& stream_;
  bool begun_ = false;
};

std::unique_ptr<http::BodySource> StreamState::open_body() { return std::make_unique<ReceivedBody>(*this); }

bool StreamState::receive(std::string_view bytes) {
  in.received += bytes.size();
  if (in.expected && in.received > *in.expected) return false;
  if (in.dropped || in.failed) {
    session.return_credit(*this, bytes.size());
    return true;
  }
  in.append(bytes);
  session.wake(*this);
  return true;
}

bool StreamState::receive_end() {
  if (in.expected && in.received != *in.expected) return false;
  in.ended = true;
  session.wake(*this);
  return true;
}

void StreamState::fail_inflow(base::ErrorKind kind, std::string_view text) {
  if (in.failed || in.ended) return;
  in.failed = true;
  in.error_kind = kind;
  in.error_text = text;
  session.wake(*this);
}

}  // namespace tandem::http2
