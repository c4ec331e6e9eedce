#pragma once

// AccessLog: where workers leave records of requests, and where the writer takes them: a queue for each worker, and the
// word that wakes a writer that sleeps. Owned by the program; outlives workers and writer.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/loop/per_worker.h"
#include "engine/observe/access_queue.h"
#include "engine/observe/access_record.h"

namespace tandem::observe {

/// What becomes of a header (Traefik: accessLog.fields.headers).
enum class HeaderMode : std::uint8_t { kDrop, kKeep, kRedact };

/// What of the options is decided on the worker: whether a request is logged, and which headers leave it.
struct AccessPlan {
  // Filters (Traefik: accessLog.filters) are alternatives; without any of them everything is logged.
  std::vector<std::pair<int, int>> statuses;  ///< first and last of each range
  bool retried = false;
  std::int64_t longer_than_ns = 0;  ///< 0: no filter
  HeaderMode headers = HeaderMode::kDrop;
  std::vector<std::pair<std::string, HeaderMode>> named_headers;  ///< canonical names

  bool logs(const AccessNumbers& numbers) const;
  HeaderMode mode_of(std::string_view header) const;
  bool keeps_headers() const;
};

class AccessLog {
 public:
  /// `queue_bytes`: of each worker's queue; rounded up to a power of two. REQUIRES: the count of workers is set.
  AccessLog(AccessPlan plan, std::size_t queue_bytes);
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  const AccessPlan& plan() const { return plan_; }
  /// Worker: counts a request; its record carries the number.
  std::uint64_t next_count() { return ++workers_.local().count; }
  /// Worker: hands over a copy; drops it and counts that when the writer is behind. Never waits.
  void push(const AccessRecord& record);

  /// Any thread: records that were lost, be it here or in the writer (`count_lost`).
  std::uint64_t dropped() const;
  /// Any thread: lines that could not be written.
  void count_lost(std::uint64_t lines) { lost_.fetch_add(lines, std::memory_order_relaxed); }

  // Writer's thread.
  std::size_t queues() const { return queues_.size(); }
  AccessQueue& queue(std::size_t worker) { return *queues_[worker]; }
  bool empty() const;
  /// Says that the writer is going to sleep until `wake_fd` is readable; false when there is something to do instead.
  bool may_sleep();
  void woke();
  /// A descriptor (eventfd) that is readable when the sleeping writer is wanted.
  int wake_fd() const { return wake_fd_; }
  /// Any thread: wakes the writer for something else than records.
  void wake();

 private:
  struct PerWorkerState {
    std::uint64_t count = 0;
  };

  AccessPlan plan_;
  loop::PerWorker<PerWorkerState> workers_;
  std::vector<std::unique_ptr<AccessQueue>> queues_;
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<bool> sleeping_{false};
  int wake_fd_;
};

}  // namespace tandem::observe
