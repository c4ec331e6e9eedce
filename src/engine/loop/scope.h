#pragma once

// Scope: owns tasks that run beside their creator. Destroying or cancelling it destroys the tasks where they are
// suspended; join() waits until all have ended. Lives on one core; its owner outlives its tasks by construction.

#include <coroutine>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

#include "engine/loop/descriptor.h"
#include "engine/loop/task.h"

namespace tandem::loop {

class Scope {
 public:
  Scope() = default;
  ~Scope() { cancel(); }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  /// Starts `task` at once; it runs until it first suspends before this returns. A task must not destroy its scope.
  void spawn(Task<void> task);
  /// Destroys all tasks. Not from inside one of them.
  void cancel();
  std::size_t size() const { return size_; }

  struct [[nodiscard]] Join {
    Scope& scope;

    explicit Join(Scope& of) : scope(of) {}
    Join(const Join&) = delete;
    Join& operator=(const Join&) = delete;
    ~Join() { scope.joiner_ = {}; }
    bool await_ready() const { return scope.size_ == 0; }
    void await_suspend(std::coroutine_handle<> handle) { scope.joiner_ = handle; }
    void await_resume() const {}
  };
  /// Suspends until no task is left. One joiner at a time.
  Join join() { return Join(*this); }

 private:
  struct Child;
  void ended(Child* child);

  Child* first_ = nullptr;
  std::size_t size_ = 0;
  std::coroutine_handle<> joiner_;
};

/// What ended an interruptible wait.
enum class Ended { kDone, kHungUp, kTimeout };

/// Runs `task` until it ends, `watched` reports that its other side has gone, or `deadline` passes, whichever is first.
/// In the latter cases the task is destroyed where it is suspended and the result is empty.
template <class T>
class [[nodiscard]] Interruptible {
 public:
  Interruptible(Task<T> task, Descriptor* watched, TimePoint deadline)
      : task_(std::move(task)), watched_(watched), deadline_(deadline) {}
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;
  ~Interruptible() { unwatch(); }

  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) {
    parent_ = parent;
    if (watched_ != nullptr) watched_->watch_hangup({&Interruptible::on_hangup, this});
    if (deadline_ != kNever) timer_.arm(deadline_);
    task_.handle().promise().continuation = parent;
    return task_.handle();
  }
  /// The task's value, or nothing when it was interrupted; for a task without a value: whether it ended.
  auto await_resume() {
    unwatch();
    if constexpr (std::is_void_v<T>) {
      return ended_ == Ended::kDone;
    } else {
      return ended_ == Ended::kDone ? std::optional<T>(task_.take()) : std::nullopt;
    }
  }
  Ended ended() const { return ended_; }

 private:
  static void on_hangup(void* self) { static_cast<Interruptible*>(self)->interrupt(Ended::kHungUp); }
  static void on_timer(void* self) { static_cast<Interruptible*>(self)->interrupt(Ended::kTimeout); }
  void interrupt(Ended how) {
    ended_ = how;
    task_.reset();
    parent_.resume();
  }
  void unwatch() {
    if (watched_ != nullptr) std::exchange(watched_, nullptr)->watch_hangup({});
    timer_.disarm();
  }

  Task<T> task_;
  Descriptor* watched_;
  TimePoint deadline_;
  Timer timer_{&Interruptible::on_timer, this};
  std::coroutine_handle<> parent_;
  Ended ended_ = Ended::kDone;
};

}  // namespace tandem::loop
