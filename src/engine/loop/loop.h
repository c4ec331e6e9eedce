#pragma once

// Loop: one thread's reactor and clock. It waits for descriptors with edge-triggered epoll, fires timers and runs what
// other threads post to it. One Loop per thread; Loop::current() is the caller's. Everything but post() and stop()
// belongs to the loop's own thread. docs/reactor.md says why it drives epoll itself.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

struct epoll_event;

namespace tandem::loop {

using Nanoseconds = std::chrono::nanoseconds;
/// Monotonic time (CLOCK_MONOTONIC); wall-clock time is base/clock's business.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Nanoseconds>;
constexpr TimePoint kNever = TimePoint::max();

class Descriptor;
class Loop;

/// A timer of the current thread's loop that runs a function at a deadline. Moving the deadline is cheap: a later one
/// is only noted, and the loop looks again when the earlier one passes. Owned by whoever waits; not copyable or
/// movable.
class Timer {
 public:
  using Callback = void (*)(void* context);
  Timer(Callback callback, void* context) : callback_(callback), context_(context) {}
  ~Timer() { detach(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// The callback runs once at `deadline` or soon after; kNever disarms.
  void arm(TimePoint deadline);
  void disarm() { deadline_ = kNever; }
  TimePoint deadline() const { return deadline_; }

 private:
  friend class Loop;
  void detach();
  static constexpr std::uint32_t kNotQueued = ~0U;

  TimePoint deadline_ = kNever;
  Callback callback_;
  void* context_;
  Loop* loop_ = nullptr;
  std::uint32_t index_ = kNotQueued;  // position in the loop's heap
};

class Loop {
 public:
  enum class ClockKind { kReal, kManual };
  enum class Bind { kThisThread, kLater };
  /// kLater: for another thread, which makes it its own with Here.
  explicit Loop(ClockKind clock = ClockKind::kReal, Bind bind = Bind::kThisThread);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// The loop of the calling thread: the one constructed there last, or made so by Here. REQUIRES: there is one.
  static Loop& current();
  /// Makes a loop that another thread constructed the calling thread's own, as long as this object lives.
  class Here {
   public:
    explicit Here(Loop& loop);
    ~Here();
    Here(const Here&) = delete;
    Here& operator=(const Here&) = delete;

   private:
    Loop* before_;
  };
  static Loop* current_or_null();

  /// Runs until stop(). The thread's loop-bound objects must be destroyed on this thread.
  void run();
  /// Handles what is due and returns; waits at most until `until` for something to become due (tests, shutdown).
  void run_once(TimePoint until);
  /// Any thread.
  void stop();
  /// Any thread: `work` runs on the loop's thread, after what was posted before.
  void post(std::move_only_function<void()> work);
  /// Own thread: `work` runs before the loop waits again, but not inside this call.
  void defer(std::move_only_function<void()> work) { deferred_.push_back(std::move(work)); }

  /// For a process that starts others: descriptors that are closed leave epoll at once, even while a new child still
  /// has copies of them.
  void expect_forks() { expects_forks_ = true; }

  /// Time of the current turn; costs nothing. Exact to the length of a turn.
  TimePoint now() const { return now_; }
  /// The time now; reads the clock (some 20 ns).
  TimePoint exact_now() const { return clock_ == ClockKind::kReal ? std::chrono::steady_clock::now() : now_; }
  /// Manual clock only: moves time on and fires what is due, in order.
  void advance(Nanoseconds by);
  /// How long the last turn took from waking to waiting again (event-loop lateness).
  Nanoseconds last_turn() const { return last_turn_; }
  /// Any thread: the share of the last tenth of a second or so that was spent working, in thousandths.
  unsigned busy_permille() const { return busy_permille_.load(std::memory_order_relaxed); }

 private:
  friend class Descriptor;
  friend class Timer;
  struct Entry {
    TimePoint due;
    Timer* timer;
  };

  void wait(TimePoint until);
  void measure(TimePoint before_wait);
  void run_posted();
  void run_deferred();
  void fire_timers();
  void sift_up(std::uint32_t index);
  void sift_down(std::uint32_t index);
  void place(std::uint32_t index, Entry entry);
  void forget(const Descriptor* descriptor);  // drops it from the turn's remaining events

  TimePoint now_;
  std::vector<Entry> timers_;  // a binary heap by `due`
  std::vector<std::move_only_function<void()>> deferred_;
  epoll_event* events_;  // the turn's events; entries of destroyed descriptors become null
  int event_count_ = 0;
  int event_at_ = 0;
  int epoll_fd_;
  int wake_fd_;
  ClockKind clock_;
  bool expects_forks_ = false;
  Nanoseconds last_turn_{0};
  TimePoint window_began_;  // of the measure of business
  Nanoseconds waited_{0};   // in this window
  std::atomic<unsigned> busy_permille_{0};
  Loop* outer_;  // the constructing thread's loop before this one

  std::mutex mutex_;  // guards the two below
  std::vector<std::move_only_function<void()>> posted_;
  bool stopping_ = false;
};

}  // namespace tandem::loop
