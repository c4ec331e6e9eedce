#include "engine/tls/handshake_budget.h"

namespace tandem::tls {

HandshakeBudget& HandshakeBudget::local() {
  thread_local HandshakeBudget budget;
  return budget;
}

bool HandshakeBudget::has_time() {
  // A turn of the loop is told by its time.
  const loop::TimePoint now = loop::Loop::current().now();
  if (now != turn_) {
    turn_ = now;
    spent_ = {};
  }
  return spent_ < kPerTurn;
}

void HandshakeBudget::arm_first() {
  // Later than now, so that the loop looks at its descriptors before.
  if (first_ != nullptr) first_->timer_.arm(loop::Loop::current().now() + loop::Nanoseconds(1));
}

void HandshakeBudget::remove(Wait& wait) {
  const bool was_first = first_ == &wait;
  (wait.previous_ != nullptr ? wait.previous_->next_ : first_) = wait.next_;
  (wait.next_ != nullptr ? wait.next_->previous_ : last_) = wait.previous_;
  wait.previous_ = wait.next_ = nullptr;
  wait.queued_ = false;
  if (was_first) arm_first();
}

void HandshakeBudget::Wait::await_suspend(std::coroutine_handle<> handle) {
  waiter_ = handle;
  queued_ = true;
  previous_ = budget_.last_;
  (previous_ != nullptr ? previous_->next_ : budget_.first_) = this;
  budget_.last_ = this;
  if (previous_ == nullptr) budget_.arm_first();
}

void HandshakeBudget::Wait::on_turn(void* self) {
  auto& wait = *static_cast<Wait*>(self);
  HandshakeBudget& budget = wait.budget_;
  // Whoever is resumed destroys its Wait; the next in the queue then comes with this turn or, by its timer, a later
  // one.
  while (budget.first_ != nullptr && budget.has_time()) {
    Wait& next = *budget.first_;
    budget.remove(next);
    next.waiter_.resume();
  }
  budget.arm_first();
}

HandshakeBudget::Wait::~Wait() {
  if (queued_) budget_.remove(*this);
}

}  // namespace tandem::tls
