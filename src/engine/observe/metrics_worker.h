#pragma once

// WorkerCounters: what a worker tells about itself: connections to servers, lateness of its loop, memory of its
// buffers. Written by the worker alone with plain relaxed stores, read by any thread; alive as long as the process.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/loop/loop.h"

namespace tandem::observe {

struct alignas(64) WorkerCounters {
  using Word = std::atomic<std::uint64_t>;

  /// Upper bounds of the lateness histogram, in microseconds; one more bucket holds what is above.
  static constexpr std::array<std::uint64_t, 8> kLatenessBounds{100,    500,    1'000,   5'000,
                                                                10'000, 50'000, 100'000, 1'000'000};

  Word upstream_opened{0};  ///< connections made to servers
  Word upstream_reused{0};  ///< requests that found one waiting
  Word upstream_open{0};    ///< connections there are now
  Word upstream_idle{0};    ///< of them, waiting for a request
  Word buffer_bytes{0};     ///< of buffers and pooled objects
  Word busy_permille{0};    ///< share of the time that the loop works
  Word lateness_microseconds{0};
  std::array<Word, kLatenessBounds.size() + 1> lateness{};

  static void add(Word& word, std::uint64_t amount) {
    word.store(word.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  static void subtract(Word& word, std::uint64_t amount) {
    word.store(word.load(std::memory_order_relaxed) - amount, std::memory_order_relaxed);
  }
  /// A timer ran so much after its deadline.
  void note_lateness(loop::Nanoseconds late);
};

/// The calling thread is that worker from now on. Other threads share counters that nobody reads.
void count_as_worker(std::size_t worker);
/// The calling worker's own.
WorkerCounters& worker_counters();
/// Any thread may read them.
const WorkerCounters& worker_counters(std::size_t worker);

}  // namespace tandem::observe
