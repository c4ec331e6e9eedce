#include "engine/observe/access_log.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <bit>

namespace tandem::observe {

bool AccessPlan::logs(const AccessNumbers& numbers) const {
  if (statuses.empty() && !retried && longer_than_ns == 0) return true;
  const int status = numbers.downstream_status;
  if (std::ranges::any_of(statuses, [status](auto range) { return status >= range.first && status <= range.second; })) {
    return true;
  }
  if (retried && numbers.retries > 0) return true;
  return longer_than_ns > 0 && numbers.duration_ns > longer_than_ns;
}

HeaderMode AccessPlan::mode_of(std::string_view header) const {
  for (const auto& [name, mode] : named_headers) {
    if (name == header) return mode;
  }
  return headers;
}

bool AccessPlan::keeps_headers() const {
  return headers != HeaderMode::kDrop ||
         std::ranges::any_of(named_headers, [](const auto& item) { return item.second != HeaderMode::kDrop; });
}

AccessLog::AccessLog(AccessPlan plan, std::size_t queue_bytes)
    : plan_(std::move(plan)), wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  for (std::size_t i = 0; i < loop::worker_count(); ++i) {
    queues_.push_back(std::make_unique<AccessQueue>(std::bit_ceil(queue_bytes)));
  }
}

AccessLog::~AccessLog() { ::close(wake_fd_); }

void AccessLog::push(const AccessRecord& record) {
  AccessQueue& queue = *queues_[loop::worker_index()];
  const std::size_t size = packed_size(record);
  const std::span<char> room = queue.reserve(size);
  if (room.empty()) {
    queue.count_dropped();
    return;
  }
  pack(record, room);
  queue.publish();
  // Either the writer, about to sleep, sees the record, or it is seen here that it sleeps.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (sleeping_.load(std::memory_order_relaxed)) wake();
}

std::uint64_t AccessLog::dropped() const {
  std::uint64_t sum = lost_.load(std::memory_order_relaxed);
  for (const auto& queue : queues_) sum += queue->dropped();
  return sum;
}

bool AccessLog::empty() const {
  return std::ranges::all_of(queues_, [](const auto& queue) { return queue->empty(); });
}

bool AccessLog::may_sleep() {
  sleeping_.store(true, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (empty()) return true;
  sleeping_.store(false, std::memory_order_relaxed);
  return false;
}

void AccessLog::woke() {
  sleeping_.store(false, std::memory_order_relaxed);
  std::uint64_t count = 0;
  (void)!::read(wake_fd_, &count, sizeof count);
}

void AccessLog::wake() {
  sleeping_.store(false, std::memory_order_relaxed);
  const std::uint64_t one = 1;
  (void)!::write(wake_fd_, &one, sizeof one);
}

}  // namespace tandem::observe
