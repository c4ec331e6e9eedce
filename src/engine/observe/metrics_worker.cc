#include "engine/observe/metrics_worker.h"

#include <algorithm>

namespace tandem::observe {
namespace {

// A fixed array: counters are there before anybody knows how many workers there will be.
constexpr std::size_t kMostWorkers = 256;
std::array<WorkerCounters, kMostWorkers> all_counters;
WorkerCounters nobodys_counters;
thread_local WorkerCounters* own_counters = &nobodys_counters;

}  // namespace

void WorkerCounters::note_lateness(loop::Nanoseconds late) {
  const auto microseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(0, late.count() / 1000));
  const auto bucket = std::ranges::lower_bound(kLatenessBounds, microseconds) - kLatenessBounds.begin();
  add(lateness[static_cast<std::size_t>(bucket)], 1);
  add(lateness_microseconds, microseconds);
}

void count_as_worker(std::size_t worker) { own_counters = &all_counters[worker % kMostWorkers]; }
WorkerCounters& worker_counters() { return *own_counters; }
const WorkerCounters& worker_counters(std::size_t worker) { return all_counters[worker % kMostWorkers]; }

}  // namespace tandem::observe
