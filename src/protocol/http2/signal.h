#pragma once

// Signal: one coroutine waits until another part of the same core has news for it, or a deadline passes.

#include <coroutine>
#include <utility>

#include "engine/loop/descriptor.h"

namespace tandem::http2 {

class Signal {
 public:
  struct [[nodiscard]] Wait {
    Signal& signal;
    loop::TimePoint deadline;
    loop::Wake wake = loop::Wake::kReady;
    std::coroutine_handle<> waiter = nullptr;
    loop::Timer timer{&Wait::on_timer, this};

    Wait(Signal& of, loop::TimePoint until) : signal(of), deadline(until) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() {
      if (signal.wait_ == this) signal.wait_ = nullptr;
    }
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
      waiter = handle;
      signal.wait_ = this;
      if (deadline != loop::kNever) timer.arm(deadline);
    }
    loop::Wake await_resume() const { return wake; }

    static void on_timer(void* self) {
      auto* wait = static_cast<Wait*>(self);
      wait->wake = loop::Wake::kTimeout;
      if (wait->signal.wait_ == wait) wait->signal.wait_ = nullptr;
      wait->waiter.resume();
    }
  };

  /// Suspends until notify() or `deadline`. One waiter at a time.
  Wait wait(loop::TimePoint deadline = loop::kNever) { return {*this, deadline}; }
  /// Resumes who waits. Not from inside a call of nghttp2.
  void notify() {
    if (Wait* const wait = std::exchange(wait_, nullptr); wait != nullptr) wait->waiter.resume();
  }
  bool awaited() const { return wait_ != nullptr; }

 private:
  Wait* wait_ = nullptr;
};

}  // namespace tandem::http2
