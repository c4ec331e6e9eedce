#pragma once

// Aside: awaits work that may block (files) on a thread of its own, so that the loop goes on. Belongs to the loop that
// awaits it. Whoever destroys the waiting coroutine waits for the thread.

#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "engine/loop/loop.h"

namespace tandem::peer {

template <class T>
class [[nodiscard]] Aside {
 public:
  explicit Aside(std::function<T()> work) : work_(std::move(work)) {}
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;
  ~Aside() {
    shared_->waiter = {};
    if (thread_.joinable()) thread_.join();
  }

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    shared_->waiter = handle;
    loop::Loop* const home = &loop::Loop::current();
    thread_ = std::thread([shared = shared_, work = std::move(work_), home] {
      shared->value.emplace(work());
      home->post([shared] {
        if (shared->waiter) std::exchange(shared->waiter, {}).resume();
      });
    });
  }
  T await_resume() { return std::move(*shared_->value); }

 private:
  struct Shared {
    std::optional<T> value;
    std::coroutine_handle<> waiter;  // the loop's thread only
  };
  std::function<T()> work_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::thread thread_;
};

}  // namespace tandem::peer
