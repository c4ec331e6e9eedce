#include "proxy/middleware/hash_pool.h"

#include "proxy/middleware/password_hash.h"

namespace tandem::middleware {

HashPool& HashPool::instance() {
  static HashPool pool;
  return pool;
}

HashPool::~HashPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

HashPool::Check HashPool::check(std::string_view password, std::string_view hash) {
  auto job = std::make_shared<Job>();
  job->password = password;
  job->hash = hash;
  return Check(*this, std::move(job));
}

bool HashPool::submit(const std::shared_ptr<Job>& job) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || queue_.size() >= kLongestQueue) return false;
  while (threads_.size() < kThreads) threads_.emplace_back([this] { work(); });
  queue_.push_back(job);
  wake_.notify_one();
  return true;
}

void HashPool::work() {
  for (;;) {
    std::shared_ptr<Job> job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    {
      const std::lock_guard lock(job->mutex);
      if (job->loop == nullptr) continue;
    }
    job->matches = matches_password(job->password, job->hash);
    answer(job);
  }
}

void HashPool::answer(const std::shared_ptr<Job>& job) {
  // The loop outlives its coroutines; holding the job's lock keeps this one from being destroyed meanwhile.
  const std::lock_guard lock(job->mutex);
  if (job->loop == nullptr) return;
  job->loop->post([job] {
    if (job->waiter) std::exchange(job->waiter, {}).resume();
  });
}

HashPool::Check::~Check() {
  const std::lock_guard lock(job_->mutex);
  job_->loop = nullptr;
  job_->waiter = {};
}

bool HashPool::Check::await_suspend(std::coroutine_handle<> waiter) {
  job_->loop = &loop::Loop::current();
  job_->waiter = waiter;
  accepted_ = pool_.submit(job_);
  return accepted_;
}

}  // namespace tandem::middleware
