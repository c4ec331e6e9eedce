#pragma once

// Workers have numbers; PerWorker<T> keeps one T for each of them, so that shared immutable objects can have state on
// the request's path without locks. A worker touches its own T only.

#include <cstddef>
#include <memory>

namespace tandem::loop {

/// Workers of this process; fixed before the first one starts. Default 1.
void set_worker_count(std::size_t count);
std::size_t worker_count();
/// The number of the calling worker, 0 on threads that are none.
std::size_t worker_index();
void set_worker_index(std::size_t index);

template <class T>
class PerWorker {
 public:
  PerWorker() : slots_(std::make_unique<Slot[]>(worker_count())) {}
  T& local() const { return slots_[worker_index()].value; }
  /// For sums over all workers; T's members are atomics then.
  T& of(std::size_t worker) const { return slots_[worker].value; }

 private:
  struct alignas(64) Slot {
    T value{};
  };
  std::unique_ptr<Slot[]> slots_;
};

}  // namespace tandem::loop
