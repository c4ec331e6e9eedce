#include "engine/loop/scope.h"

#include <cstdlib>
#include <utility>

namespace tandem::loop {

namespace {

/// A coroutine that ends by telling its scope; its frame is destroyed by the scope.
struct Root {
  struct promise_type : Pooled {
    Root get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::abort(); }
  };
  std::coroutine_handle<promise_type> handle;
};

}  // namespace

struct Scope::Child : Pooled {
  Scope* scope = nullptr;
  Child* previous = nullptr;
  Child* next = nullptr;
  Task<void> task;
  std::coroutine_handle<> root;

  struct Finish {
    explicit Finish(Child* of) : child(of) {}
    Child* child;
    bool await_ready() const noexcept { return false; }
    // The frame is suspended by now, so the scope may destroy it.
    void await_suspend(std::coroutine_handle<> /*self*/) const noexcept { child->scope->ended(child); }
    void await_resume() const noexcept {}
  };
  static Root run(Child* child) {
    co_await std::move(child->task);
    Finish finish(child);
    co_await finish;
  }
};

void Scope::spawn(Task<void> task) {
  auto* child = new Child;
  child->scope = this;
  child->task = std::move(task);
  child->next = first_;
  if (first_ != nullptr) first_->previous = child;
  first_ = child;
  ++size_;
  child->root = Child::run(child).handle;
  child->root.resume();
}

void Scope::ended(Child* child) {
  if (child->previous != nullptr) child->previous->next = child->next;
  if (child->next != nullptr) child->next->previous = child->previous;
  if (first_ == child) first_ = child->next;
  --size_;
  const std::coroutine_handle<> joiner = size_ == 0 ? std::exchange(joiner_, {}) : std::coroutine_handle<>{};
  child->root.destroy();
  delete child;
  if (joiner) joiner.resume();
}

void Scope::cancel() {
  while (first_ != nullptr) {
    Child* child = first_;
    first_ = child->next;
    if (first_ != nullptr) first_->previous = nullptr;
    --size_;
    child->root.destroy();
    delete child;
  }
}

}  // namespace tandem::loop
