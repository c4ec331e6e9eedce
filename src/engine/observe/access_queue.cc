#include "engine/observe/access_queue.h"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace tandem::observe {
namespace {

using Size = std::uint32_t;
// Stands where a record would not fit before the ring's end: the next one is at its beginning.
constexpr Size kSkip = ~Size{0};
constexpr std::size_t kAlign = 8;
// A record larger than this share of its queue is not worth the others that it would push out.
constexpr std::size_t kLargestShare = 4;

constexpr std::size_t aligned(std::size_t size) { return (size + kAlign - 1) & ~(kAlign - 1); }

}  // namespace

AccessQueue::AccessQueue(std::size_t capacity) : capacity_(capacity) {
  void* const memory = ::mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<char*>(memory);
}

AccessQueue::~AccessQueue() { ::munmap(memory_, capacity_); }

std::span<char> AccessQueue::reserve(std::size_t size) {
  const std::size_t whole = aligned(size + sizeof(Size));
  if (whole > capacity_ / kLargestShare) return {};
  std::uint64_t begin = head_.load(std::memory_order_relaxed);
  const std::size_t to_end = capacity_ - (begin & (capacity_ - 1));
  const std::size_t skipped = whole > to_end ? to_end : 0;
  if (begin + skipped + whole - known_tail_ > capacity_) {
    known_tail_ = tail_.load(std::memory_order_acquire);
    if (begin + skipped + whole - known_tail_ > capacity_) return {};
  }
  if (skipped != 0) {
    std::memcpy(at(begin), &kSkip, sizeof kSkip);
    begin += skipped;
  }
  const auto written = static_cast<Size>(size);
  std::memcpy(at(begin), &written, sizeof written);
  reserved_to_ = begin + whole;
  return {at(begin) + sizeof(Size), size};
}

std::span<const char> AccessQueue::front() {
  std::uint64_t begin = tail_.load(std::memory_order_relaxed);
  if (begin == head_.load(std::memory_order_acquire)) return {};
  Size size = 0;
  std::memcpy(&size, at(begin), sizeof size);
  if (size == kSkip) {
    begin += capacity_ - (begin & (capacity_ - 1));
    std::memcpy(&size, at(begin), sizeof size);
  }
  front_end_ = begin + aligned(size + sizeof(Size));
  return {at(begin) + sizeof(Size), size};
}

}  // namespace tandem::observe
