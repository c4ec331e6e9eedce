#pragma once

// Session: what both ends of an HTTP/2 connection share: bytes to frames and back over nghttp2, frames gathered into
// few system calls, content pulled as windows and socket allow. ServerSession and ClientSession say what streams mean.
// One core; owned by whoever owns the connection.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/loop/scope.h"
#include "engine/net/stream.h"
#include "protocol/http2/budget.h"
#include "protocol/http2/outbox.h"
#include "protocol/http2/stream_state.h"

struct nghttp2_session;
struct nghttp2_session_callbacks;
struct nghttp2_option;

namespace tandem::http2 {

class FieldList;

class Session {
 public:
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // What streams ask of their session.
  /// Bytes that were pulled may be sent anew by the peer.
  void return_credit(StreamState& stream, std::size_t bytes);
  /// Resumes the coroutines that wait on the stream, soon.
  void wake(StreamState& stream);
  /// What was submitted is sent at the end of this turn of the loop.
  void schedule_flush();
  /// Ends the stream with RST_STREAM.
  void reset(StreamState& stream, std::uint32_t error_code);
  /// The body of `stream` has more, or its end.
  void resume(StreamState& stream);
  /// Starts to send `fields` and then the stream's out.body. False: nghttp2 refused.
  bool submit_message(StreamState& stream, const FieldList& fields, bool request);
  nghttp2_session* raw() { return session_; }
  std::size_t stream_count() const { return streams_; }
  bool broken() const { return broken_; }

 protected:
  explicit Session(std::unique_ptr<net::Stream> stream) : stream_(std::move(stream)) {}
  virtual ~Session();

  // What happens on the connection; called from nghttp2: no coroutine is resumed in there.
  /// A block of fields begins on a new stream. Null: the stream is refused.
  virtual StreamState* open_stream(std::int32_t id) = 0;
  virtual void on_goaway(std::int32_t /*last_stream*/, std::uint32_t /*error_code*/) {}
  virtual void on_ping_ack() {}
  virtual void on_settings() {}
  /// A frame of a kind that costs us something came in; the streams have seen it.
  virtual void on_frame(std::uint8_t /*type*/, std::uint8_t /*flags*/, StreamState* /*stream*/,
                        std::size_t /*length*/) {}
  virtual void on_reset_sent(StreamState* /*stream*/, std::uint32_t /*error_code*/) {}
  /// A batch of input was taken; coroutines may be resumed and started.
  virtual void after_input() {}
  /// `stream` is not used any more.
  virtual void destroy(StreamState& stream) = 0;

  /// Gives nghttp2 callbacks and options that both sides share.
  static nghttp2_session_callbacks* callbacks();
  static nghttp2_option* common_options(std::size_t max_header_bytes);
  void attach(StreamState& stream);
  /// Copies what the outbox refers to of the stream's body, which may go then.
  void release_references(StreamState& stream);
  /// Reads and handles frames until the connection ends.
  loop::Task<void> read_frames();
  /// Hands bytes to nghttp2; false when the connection must end.
  bool feed(std::string_view bytes);
  /// Resumes who waits for what came, and forgets closed streams. Not from inside nghttp2.
  void settle();
  /// Sends what is there to send, as far as the socket takes it. Not from inside nghttp2.
  void flush();
  /// The connection is of no use any more: whoever reads or writes comes to its end.
  void lose_connection();
  /// Ends reading where nothing more is to be done on the connection.
  void end_if_done();
  /// Destroys all streams; nothing more is written.
  void drop_streams();
  /// The end of a connection that got GOAWAY: reads what is still under way, so that closing does not destroy it.
  loop::Task<void> linger();

  nghttp2_session* session_ = nullptr;
  std::unique_ptr<net::Stream> stream_;
  StreamState* first_ = nullptr;
  std::size_t streams_ = 0;
  std::uint64_t bytes_written_ = 0;
  loop::TimePoint blocked_since_ = loop::kNever;
  bool broken_ = false;  // the connection is of no use any more
  bool failed_ = false;  // nghttp2 gave up

 private:
  struct Callbacks;
  struct FlushTicket;

  void gather();
  void batch_written();
  void run_woken();
  void finish_bodies();
  void reap();
  void forget(StreamState& stream);
  loop::Task<void> wait_to_write();

  net::Buffer in_;
  Outbox out_;
  StreamState* receiving_ = nullptr;  // the stream of the frame that comes in; null: none
  std::vector<StreamState*> woken_;
  std::vector<StreamState*> batch_;     // streams whose bytes the outbox refers to, or that wait for it to be empty
  std::vector<StreamState*> finished_;  // bodies that were framed wholly and are owed a last pull
  std::vector<StreamState*> closed_;
  FlushTicket* ticket_ = nullptr;
  loop::Scope writer_;
  Signal drained_;  // the outbox was written after the socket was full
  bool blocked_ = false;
  bool settling_ = false;
};

}  // namespace tandem::http2
