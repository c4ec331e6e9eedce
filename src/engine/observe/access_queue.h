#pragma once

// AccessQueue: packed access records on their way from one worker to the writer's thread, without locks: a ring of
// bytes with one producer and one consumer. Its memory is touched as it is used first, not before.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace tandem::observe {

class AccessQueue {
 public:
  /// `capacity`: bytes, a power of two.
  explicit AccessQueue(std::size_t capacity);
  ~AccessQueue();
  AccessQueue(const AccessQueue&) = delete;
  AccessQueue& operator=(const AccessQueue&) = delete;

  /// Producer: room for a record; empty when there is none, or the record is larger than a quarter of the queue.
  std::span<char> reserve(std::size_t size);
  /// Producer: the record that was reserved last is complete.
  void publish() { head_.store(reserved_to_, std::memory_order_release); }
  /// Producer: a record did not fit.
  void count_dropped() { dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }

  /// Consumer: the oldest record; empty when there is none.
  std::span<const char> front();
  /// Consumer: done with the oldest one. REQUIRES: front() was not empty.
  void pop() { tail_.store(front_end_, std::memory_order_release); }

  /// Any thread.
  bool empty() const { return tail_.load(std::memory_order_acquire) == head_.load(std::memory_order_acquire); }
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kLine = 64;

  char* at(std::uint64_t position) const { return memory_ + (position & (capacity_ - 1)); }

  const std::size_t capacity_;
  char* memory_;
  // Positions only grow; the worker's and the writer's stand on lines of their own.
  alignas(kLine) std::atomic<std::uint64_t> head_{0};
  std::uint64_t reserved_to_ = 0;
  std::uint64_t known_tail_ = 0;
  std::atomic<std::uint64_t> dropped_{0};
  alignas(kLine) std::atomic<std::uint64_t> tail_{0};
  std::uint64_t front_end_ = 0;
};

}  // namespace tandem::observe
