#pragma once

// A queue of fixed size between threads without locks: any number of writers, any number of readers; nobody waits for
// anybody. (Bounded queue with a sequence number a cell.) Any thread; owned by whoever connects the two sides.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace tandem::speaker {

template <class T, std::size_t Capacity>
class BoundedQueue {
  static_assert((Capacity & (Capacity - 1)) == 0, "a power of two");

 public:
  BoundedQueue() {
    for (std::size_t i = 0; i < Capacity; ++i) cells_[i].sequence.store(i, std::memory_order_relaxed);
  }

  /// False when the queue is full.
  bool push(const T& value) {
    std::size_t at = head_.load(std::memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[at % Capacity];
      const auto ahead = static_cast<std::ptrdiff_t>(cell.sequence.load(std::memory_order_acquire) - at);
      if (ahead < 0) return false;
      if (ahead > 0) {
        at = head_.load(std::memory_order_relaxed);
      } else if (head_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
        cell.value = value;
        cell.sequence.store(at + 1, std::memory_order_release);
        return true;
      }
    }
  }

  /// False when the queue is empty.
  bool pop(T& out) {
    std::size_t at = tail_.load(std::memory_order_relaxed);
    for (;;) {
      Cell& cell = cells_[at % Capacity];
      const auto ahead = static_cast<std::ptrdiff_t>(cell.sequence.load(std::memory_order_acquire) - (at + 1));
      if (ahead < 0) return false;
      if (ahead > 0) {
        at = tail_.load(std::memory_order_relaxed);
      } else if (tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
        out = cell.value;
        cell.sequence.store(at + Capacity, std::memory_order_release);
        return true;
      }
    }
  }

 private:
  struct Cell {
    std::atomic<std::size_t> sequence;
    T value{};
  };
  std::array<Cell, Capacity> cells_;
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
};

}  // namespace tandem::speaker
