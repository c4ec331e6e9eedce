#pragma once

// HashPool: two threads that check passwords against slow hashes, so that a worker's loop goes on meanwhile. check() is
// for coroutines of a worker, which are resumed on their own loop. One per process; its threads start with the first
// check and end with the process.

#include <condition_variable>
#include <coroutine>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/loop/loop.h"

namespace tandem::middleware {

class HashPool {
 public:
  static HashPool& instance();
  HashPool() = default;
  ~HashPool();
  HashPool(const HashPool&) = delete;
  HashPool& operator=(const HashPool&) = delete;

  class [[nodiscard]] Check;
  /// co_await: whether the password is the hash's; nothing when kLongestQueue checks are waiting already.
  Check check(std::string_view password, std::string_view hash);

  static constexpr std::size_t kThreads = 2;
  static constexpr std::size_t kLongestQueue = 1024;

 private:
  /// What a waiting coroutine and a thread of the pool share. The coroutine may be gone first.
  struct Job {
    std::string password;
    std::string hash;
    std::mutex mutex;                // guards the next one
    loop::Loop* loop = nullptr;      // null: nobody waits any more
    std::coroutine_handle<> waiter;  // the loop's thread only
    bool matches = false;
  };
  bool submit(const std::shared_ptr<Job>& job);
  void work();
  static void answer(const std::shared_ptr<Job>& job);

  std::mutex mutex_;  // guards the following
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Job>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

class HashPool::Check {
 public:
  Check(HashPool& pool, std::shared_ptr<Job> job) : pool_(pool), job_(std::move(job)) {}
  Check(const Check&) = delete;
  Check& operator=(const Check&) = delete;
  /// The coroutine may be destroyed while it waits: the result is dropped then.
  ~Check();

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> waiter);
  std::optional<bool> await_resume() const {
    if (!accepted_) return std::nullopt;
    return job_->matches;
  }

 private:
  HashPool& pool_;
  std::shared_ptr<Job> job_;
  bool accepted_ = false;
};

}  // namespace tandem::middleware
