#pragma once

// Descriptor: an open file descriptor that coroutines wait on. It is registered with the loop once, edge-triggered, at
// the first wait; from then on it remembers what the kernel said, so a read that would block costs no system call.
// Belongs to the thread whose loop registered it. Owns the descriptor and closes it.

#include <coroutine>
#include <cstdint>

#include "engine/loop/loop.h"

namespace tandem::loop {

enum class Wake : std::uint8_t {
  kReady,    // try the operation again
  kTimeout,  // the deadline passed first
};

/// Called when the other side has gone while nobody reads. See Descriptor::watch_hangup.
struct HangupWatch {
  void (*callback)(void* context) = nullptr;
  void* context = nullptr;
};

class Descriptor {
 public:
  /// Takes over `fd`, which is non-blocking.
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (destroyed_ != nullptr) *destroyed_ = true;
    close();
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int fd() const { return fd_; }
  void close();
  /// Gives the descriptor away; this object forgets it.
  int release();

  /// False when a read is known to block.
  bool may_read() const { return !registered_ || readable_; }
  bool may_write() const { return !registered_ || writable_; }
  /// The kernel had no more: after EAGAIN, or a read that returned less than was asked for.
  void drained() {
    if (!ended_) readable_ = false;
  }
  void full() { writable_ = false; }
  /// The other side has closed its direction or the whole connection (seen by the loop).
  bool ended() const { return ended_; }

  enum class Direction : std::uint8_t { kRead, kWrite };
  struct [[nodiscard]] Wait {
    Descriptor& descriptor;
    Direction direction;
    TimePoint deadline;
    std::coroutine_handle<> waiter = nullptr;
    Wake wake = Wake::kReady;

    Wait(Descriptor& d, Direction w, TimePoint until) : descriptor(d), direction(w), deadline(until) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait();
    bool await_ready() const {
      return direction == Direction::kRead ? descriptor.may_read_registered() : descriptor.may_write_registered();
    }
    void await_suspend(std::coroutine_handle<> handle);
    Wake await_resume() const { return wake; }
  };

  /// Suspends until a read may succeed or `deadline` passes. One waiter per direction.
  Wait readable(TimePoint deadline) { return Wait(*this, Direction::kRead, deadline); }
  Wait writable(TimePoint deadline) { return Wait(*this, Direction::kWrite, deadline); }

  /// Calls back once when the other side ends the connection (end of stream or reset), from the loop, never from inside
  /// another call. An empty watch ends watching.
  void watch_hangup(HangupWatch watch);

  /// For the loop: what epoll reported.
  void notify(std::uint32_t events);

 private:
  bool may_read_registered() const { return registered_ && readable_; }
  bool may_write_registered() const { return registered_ && writable_; }
  void register_once();
  void settle_timer();
  static void on_timer(void* self);

  Wait* reader_ = nullptr;
  Wait* writer_ = nullptr;
  HangupWatch hangup_;
  Loop* loop_ = nullptr;
  Timer timer_{&Descriptor::on_timer, this};
  bool* destroyed_ = nullptr;  // set while this object resumes others: they may destroy it
  int fd_;
  bool registered_ = false;
  bool readable_ = false;
  bool writable_ = false;
  bool ended_ = false;
};

/// Suspends the caller until `deadline`.
class [[nodiscard]] Sleep {
 public:
  explicit Sleep(TimePoint deadline) : deadline_(deadline) {}
  bool await_ready() const { return deadline_ <= Loop::current().now(); }
  void await_suspend(std::coroutine_handle<> handle) {
    waiter_ = handle;
    timer_.arm(deadline_);
  }
  void await_resume() const {}

 private:
  static void fire(void* self) { static_cast<Sleep*>(self)->waiter_.resume(); }
  TimePoint deadline_;
  std::coroutine_handle<> waiter_;
  Timer timer_{&Sleep::fire, this};
};

inline Sleep sleep_until(TimePoint deadline) { return Sleep(deadline); }
inline Sleep sleep_for(Nanoseconds duration) { return Sleep(Loop::current().now() + duration); }

}  // namespace tandem::loop
