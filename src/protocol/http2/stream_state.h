#pragma once

// StreamState: one stream of a session: content that came in and waits to be pulled, content that is pulled and sent.
// One core; owned by its session, which may outlive or be outlived by nothing that refers to the stream.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "engine/net/buffer.h"
#include "protocol/http/body.h"
#include "protocol/http2/signal.h"

namespace tandem::http2 {

class Session;

/// Content on its way in. What was received and not pulled counts against the peer's windows, so it is bounded by them.
class Inflow {
 public:
  void append(std::string_view bytes);
  /// Everything that waits, as one piece that stays until the next call of settle().
  std::string_view give();
  /// The bytes last given are used up; returns how many there were.
  std::size_t settle();
  /// Forgets what waits; returns how many bytes there were, given ones included.
  std::size_t drop();
  /// Until when to wait for more.
  loop::TimePoint patience_ends(loop::TimePoint now) const;
  bool empty() const { return buffers_[filling_].empty(); }

  std::optional<http::Headers> trailers;
  std::optional<std::uint64_t> expected;  ///< Content-Length
  std::uint64_t received = 0;
  std::uint64_t given_total = 0;
  loop::TimePoint deadline = loop::kNever;
  // A sender may pause, but must keep up this rate on average over the time that was spent waiting for it.
  std::uint64_t min_bytes_per_second = 0;  ///< 0: no matter how slow
  loop::Nanoseconds grace{0};
  loop::Nanoseconds waited{0};
  Signal signal;
  bool ended = false;    ///< the peer has sent everything
  bool dropped = false;  ///< nobody will pull any more
  bool failed = false;
  base::ErrorKind error_kind = base::ErrorKind::kInternal;
  std::string_view error_text;

 private:
  net::Buffer buffers_[2];  // one is filled while the other is read
  unsigned filling_ = 0;
  std::size_t given_ = 0;
};

/// Content on its way out, pulled from `body` whenever the peer's windows and the socket have room.
struct Outflow {
  http::Body body;
  std::string_view pending;  ///< pulled and not framed yet
  std::uint64_t sent = 0;    ///< bytes framed
  Signal wanting;            ///< the body has nothing yet: its reader waits for more
  loop::TimePoint stalled_since = loop::kNever;
  std::uint64_t sent_at_check = 0;
  bool held = false;        ///< its beginning waits for leave (Expect: 100-continue)
  bool pulled = false;      ///< something was taken out of the body
  bool active = false;      ///< there is content, and its end was not framed yet
  bool waiting = false;     ///< the body said kWouldBlock
  bool ending = false;      ///< nothing comes behind `pending`
  bool referenced = false;  ///< the outbox refers to bytes of the body
  bool deferred = false;    ///< framing goes on when the outbox is empty
  bool failed = false;      ///< the body broke
  bool last_pull = false;   ///< its bytes are framed, and its source is owed the pull that says kEnd
};

class StreamState : public loop::Pooled {
 public:
  explicit StreamState(Session& of) : session(of) {}
  virtual ~StreamState() = default;
  StreamState(const StreamState&) = delete;
  StreamState& operator=(const StreamState&) = delete;

  virtual void on_field(std::string_view name, std::string_view value) = 0;
  /// A block of fields is complete. `ends`: with it the peer's side of the stream.
  virtual void on_fields_end(bool ends) = 0;
  /// The stream is over; the session forgets it once this and all calls above have returned.
  virtual void on_closed(std::uint32_t error_code) = 0;
  /// The body of the message received is pulled for the first time.
  virtual void on_first_pull() {}
  /// Content was given to whoever pulls.
  virtual void on_pulled(std::size_t /*bytes*/) {}
  /// Nobody will pull any more; the last thing that is called for the body.
  virtual void on_body_dropped() {}
  /// out.body has nothing yet, and nobody waits for it.
  virtual void on_waiting() {}
  /// The end of our side was written to the outbox.
  virtual void on_sent_end() {}
  /// Which side sends what is received here.
  virtual base::Side sender() const = 0;
  /// The trailer fields of out.body, and nothing when there are none; called when the body has ended.
  virtual void submit_trailers(const http::Headers& trailers) = 0;

  /// Takes content from the network. False: more than Content-Length announced.
  bool receive(std::string_view bytes);
  /// The peer's side has ended. False: less than Content-Length announced.
  bool receive_end();
  /// Whoever pulls gets this error after what has arrived.
  void fail_inflow(base::ErrorKind kind, std::string_view text);
  /// The body of the received message.
  std::unique_ptr<http::BodySource> open_body();

  Session& session;
  StreamState* previous = nullptr;
  StreamState* next = nullptr;
  std::int32_t id = -1;
  Inflow in;
  Outflow out;
  bool closed = false;
  bool woken = false;

 private:
  class ReceivedBody;
};

}  // namespace tandem::http2
