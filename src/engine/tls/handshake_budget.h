#pragma once

// HandshakeBudget: how much of a core's time goes into handshakes before its other connections get their turn. A
// private key operation takes 0.1 to 5 ms and cannot be cut; so handshakes wait for one another, first come first
// served, and in each turn of the loop only as many go on as fit. One per core.

#include <coroutine>

#include "engine/loop/loop.h"

namespace tandem::tls {

class HandshakeBudget {
 public:
  /// Handshakes go on in a turn until they took this long together.
  static constexpr loop::Nanoseconds kPerTurn = std::chrono::milliseconds(1);

  /// The calling core's.
  static HandshakeBudget& local();

  /// co_await: continues when this turn of the loop has time left for a handshake.
  class [[nodiscard]] Wait {
   public:
    explicit Wait(HandshakeBudget& budget) : budget_(budget) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait();
    bool await_ready() const { return budget_.first_ == nullptr && budget_.has_time(); }
    void await_suspend(std::coroutine_handle<> handle);
    void await_resume() const {}

   private:
    friend class HandshakeBudget;
    static void on_turn(void* self);

    HandshakeBudget& budget_;
    std::coroutine_handle<> waiter_;
    Wait* previous_ = nullptr;
    Wait* next_ = nullptr;
    bool queued_ = false;
    loop::Timer timer_{&Wait::on_turn, this};  // armed for the first in the queue only
  };
  Wait wait() { return Wait(*this); }
  /// Tells how long a step of a handshake took.
  void spend(loop::Nanoseconds time) { spent_ += time; }

 private:
  bool has_time();
  void remove(Wait& wait);
  void arm_first();

  loop::TimePoint turn_{};
  loop::Nanoseconds spent_{0};
  Wait* first_ = nullptr;
  Wait* last_ = nullptr;
};

}  // namespace tandem::tls
