#include "protocol/http2/session.h"

#include <nghttp2/nghttp2.h>
#include <sys/socket.h>

#include <algorithm>

#include "protocol/http2/fields.h"
#include "protocol/http2/session_callbacks.h"

namespace tandem::http2 {

namespace {

// Answers that nghttp2 owes a peer that does not read them (RST_STREAM, WINDOW_UPDATE); beyond, nothing more is read.
constexpr std::size_t kMaxQueued = 500;
// A peer that always has more gives way to others after so many reads.
constexpr int kReadsPerTurn = 16;
constexpr std::size_t kLingerBytes = std::size_t{256} * 1024;
constexpr auto kLingerTime = std::chrono::seconds(1);

/// Continues in the next turn of the loop.
struct NextTurn {
  std::coroutine_handle<> waiter = nullptr;
  loop::Timer timer{&NextTurn::fire, this};

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    waiter = handle;
    timer.arm(loop::Loop::current().now());
  }
  void await_resume() const {}
  static void fire(void* self) { static_cast<NextTurn*>(self)->waiter.resume(); }
};

}  // namespace

/// What the loop holds for a flush at the end of the turn; the session may be gone by then.
struct Session::FlushTicket : loop::Pooled {
  explicit FlushTicket(Session* of) : session(of) {}
  Session* session;
};

Session::~Session() {
  if (ticket_ != nullptr) ticket_->session = nullptr;
  writer_.cancel();
  if (session_ != nullptr) nghttp2_session_del(session_);
}

void Session::attach(StreamState& stream) {
  stream.next = first_;
  if (first_ != nullptr) first_->previous = &stream;
  first_ = &stream;
  ++streams_;
}

void Session::release_references(StreamState& stream) {
  out_.release(&stream);
  stream.out.referenced = false;
  std::erase(batch_, &stream);
}

void Session::return_credit(StreamState& stream, std::size_t bytes) {
  if (bytes == 0) return;
  // What nobody pulls makes no room on its stream, but must not keep others from sending.
  if (stream.closed || stream.in.dropped || stream.in.failed) {
    nghttp2_session_consume_connection(session_, bytes);
  } else {
    nghttp2_session_consume(session_, stream.id, bytes);
  }
  schedule_flush();
}

void Session::wake(StreamState& stream) {
  if (stream.woken) return;
  stream.woken = true;
  woken_.push_back(&stream);
  schedule_flush();
}

void Session::schedule_flush() {
  if (ticket_ != nullptr) return;
  ticket_ = new FlushTicket(this);
  loop::Loop::current().defer([ticket = std::unique_ptr<FlushTicket>(ticket_)] {
    Session* const session = ticket->session;
    if (session == nullptr) return;
    session->ticket_ = nullptr;
    session->flush();
    session->end_if_done();
    // Last: whoever reads may end the session.
    if (!session->blocked_) session->drained_.notify();
  });
}

void Session::reset(StreamState& stream, std::uint32_t error_code) {
  if (stream.closed || stream.id < 0) return;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, error_code);
  schedule_flush();
}

void Session::resume(StreamState& stream) {
  stream.out.waiting = false;
  if (stream.closed) return;
  nghttp2_session_resume_data(session_, stream.id);
  schedule_flush();
}

bool Session::feed(std::string_view bytes) {
  const ssize_t taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken < 0) failed_ = true;
  return taken >= 0;
}

bool Session::submit_message(StreamState& stream, const FieldList& fields, bool request) {
  nghttp2_data_provider provider{{.ptr = &stream}, &Callbacks::read};
  nghttp2_data_provider* const content = stream.out.active ? &provider : nullptr;
  if (request) {
    const std::int32_t id = nghttp2_submit_request(session_, nullptr, fields.begin(), fields.size(), content, &stream);
    if (id > 0) stream.id = id;
    schedule_flush();
    return id > 0;
  }
  const int error = nghttp2_submit_response(session_, stream.id, fields.begin(), fields.size(), content);
  schedule_flush();
  return error == 0;
}

void Session::gather() {
  while (!out_.full()) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) failed_ = true;
    if (size <= 0) return;
    out_.copy({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
  }
}

void Session::flush() {
  while (!blocked_ && !broken_) {
    gather();
    if (failed_ && out_.empty()) lose_connection();
    if (out_.empty()) break;
    const std::size_t size = out_.gathered();
    const net::IoCount wrote = out_.write(*stream_);
    if (wrote.moved()) {
      bytes_written_ += size;
      batch_written();
    } else if (wrote.would_block()) {
      blocked_ = true;
      blocked_since_ = loop::Loop::current().now();
      writer_.spawn(wait_to_write());
    } else {
      lose_connection();
    }
  }
  settle();
}

loop::Task<void> Session::wait_to_write() {
  while (blocked_) {
    (void)co_await stream_->writable(loop::kNever);
    const net::IoCount wrote = out_.write(*stream_);
    blocked_since_ = loop::Loop::current().now();
    if (wrote.would_block()) continue;
    blocked_ = false;
    blocked_since_ = loop::kNever;
    if (wrote.moved()) {
      batch_written();
    } else {
      lose_connection();
    }
  }
  schedule_flush();
}

void Session::lose_connection() {
  broken_ = true;
  ::shutdown(stream_->descriptor().fd(), SHUT_RDWR);
}

void Session::end_if_done() {
  if (blocked_ || broken_ || !out_.empty() || nghttp2_session_want_read(session_) != 0) return;
  if (nghttp2_session_want_write(session_) == 0) ::shutdown(stream_->descriptor().fd(), SHUT_RD);
}

void Session::drop_streams() {
  broken_ = true;
  writer_.cancel();
  blocked_ = false;
  settling_ = true;  // nobody is resumed any more
  while (first_ != nullptr) {
    StreamState* const stream = first_;
    first_ = stream->next;
    if (first_ != nullptr) first_->previous = nullptr;
    stream->closed = true;
    destroy(*stream);
  }
  streams_ = 0;
  woken_.clear();
  batch_.clear();
  finished_.clear();
  closed_.clear();
}

void Session::batch_written() {
  std::vector<StreamState*> written;
  written.swap(batch_);
  for (StreamState* const stream : written) {
    stream->out.referenced = false;
    if (std::exchange(stream->out.deferred, false) && !stream->closed) {
      nghttp2_session_resume_data(session_, stream->id);
    }
  }
  written.clear();
  if (batch_.empty()) batch_.swap(written);  // keeps its memory
}

void Session::settle() {
  // A coroutine that is resumed here may come back here; the first call does the work.
  if (std::exchange(settling_, true)) return;
  run_woken();
  finish_bodies();
  reap();
  settling_ = false;
}

void Session::run_woken() {
  while (!woken_.empty()) {
    StreamState* const stream = woken_.back();
    woken_.pop_back();
    stream->woken = false;
    stream->in.signal.notify();
    if (stream->out.waiting && !stream->out.wanting.awaited()) stream->on_waiting();
    if (stream->out.waiting || stream->closed || !stream->out.active) stream->out.wanting.notify();
  }
}

void Session::finish_bodies() {
  std::erase_if(finished_, [](StreamState* stream) {
    if (stream->out.referenced) return false;
    stream->out.last_pull = false;
    (void)stream->out.body.try_read();
    return true;
  });
}

void Session::reap() {
  while (!closed_.empty()) {
    StreamState* const stream = closed_.back();
    closed_.pop_back();
    forget(*stream);
  }
}

void Session::forget(StreamState& stream) {
  if (stream.out.referenced) release_references(stream);
  if (stream.out.last_pull) {
    (void)stream.out.body.try_read();
    std::erase(finished_, &stream);
  }
  if (stream.woken) std::erase(woken_, &stream);
  stream.woken = true;  // whatever its tasks ask for while they are destroyed
  if (stream.previous != nullptr) stream.previous->next = stream.next;
  if (stream.next != nullptr) stream.next->previous = stream.previous;
  if (first_ == &stream) first_ = stream.next;
  --streams_;
  destroy(stream);
}

loop::Task<void> Session::read_frames() {
  int reads = 0;
  std::size_t expected = net::Buffer::kSmall;
  while (!broken_) {
    while (blocked_ && nghttp2_session_get_outbound_queue_size(session_) > kMaxQueued) {
      (void)co_await drained_.wait();
    }
    const net::IoCount count = stream_->try_read(in_.prepare(expected));
    if (count.moved()) {
      expected = count.bytes() < net::Buffer::kSmall ? net::Buffer::kSmall : net::Buffer::kLarge;
      in_.filled(count.bytes());
      const bool good = feed(in_.view());
      in_.consume(in_.size());
      after_input();
      settle();
      if (!good) break;
      if (++reads % kReadsPerTurn != 0) continue;
      flush();
      NextTurn pause;
      co_await pause;
      continue;
    }
    if (!count.would_block()) break;
    in_.release();
    flush();
    const bool wants_read = nghttp2_session_want_read(session_) != 0;
    if (!wants_read && nghttp2_session_want_write(session_) == 0 && out_.empty()) break;
    (void)co_await stream_->readable(loop::kNever);
  }
  flush();
}

loop::Task<void> Session::linger() {
  stream_->shutdown_write();
  const loop::TimePoint deadline = loop::Loop::current().now() + kLingerTime;
  std::size_t discarded = 0;
  while (discarded < kLingerBytes) {
    const net::IoCount count = stream_->try_read(in_.prepare());
    if (count.moved()) {
      discarded += count.bytes();
      continue;
    }
    if (!count.would_block()) co_return;
    const loop::Wake wake = co_await stream_->readable(deadline);
    if (wake == loop::Wake::kTimeout) co_return;
  }
}

}  // namespace tandem::http2
