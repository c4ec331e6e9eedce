#include "engine/net/buffer.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "engine/loop/task.h"
#include "engine/observe/metrics_worker.h"

namespace tandem::net {

namespace {

// Content of a few bytes, of which hundreds of streams may have some; its memory is that of coroutine frames.
constexpr std::size_t kTiny = 2048;
// Enough to serve the requests that are being read at one moment, not a memory of the worst moment.
constexpr std::size_t kKeptSmall = 64;
constexpr std::size_t kKeptLarge = 8;

struct FreeBuffers {
  std::vector<std::unique_ptr<char[]>> small;
  std::vector<std::unique_ptr<char[]>> large;
};

FreeBuffers& free_buffers() {
  static thread_local FreeBuffers buffers;
  return buffers;
}

char* take(std::size_t capacity) {
  if (capacity == kTiny) {
    observe::WorkerCounters::add(observe::worker_counters().buffer_bytes, capacity);
    return static_cast<char*>(loop::allocate_pooled(capacity));
  }
  FreeBuffers& free = free_buffers();
  auto& list = capacity == Buffer::kSmall ? free.small : free.large;
  const bool pooled = capacity == Buffer::kSmall || capacity == Buffer::kLarge;
  if (!pooled || list.empty()) {
    observe::WorkerCounters::add(observe::worker_counters().buffer_bytes, capacity);
    return new char[capacity];
  }
  char* memory = list.back().release();
  list.pop_back();
  return memory;
}

void give_back(char* memory, std::size_t capacity) {
  if (capacity == kTiny) {
    observe::WorkerCounters::subtract(observe::worker_counters().buffer_bytes, capacity);
    return loop::free_pooled(memory, capacity);
  }
  std::unique_ptr<char[]> owned(memory);
  FreeBuffers& free = free_buffers();
  if (capacity == Buffer::kSmall && free.small.size() < kKeptSmall) free.small.push_back(std::move(owned));
  if (capacity == Buffer::kLarge && free.large.size() < kKeptLarge) free.large.push_back(std::move(owned));
  if (owned != nullptr) observe::WorkerCounters::subtract(observe::worker_counters().buffer_bytes, capacity);
}

}  // namespace

std::span<char> Buffer::prepare(std::size_t expected) {
  const std::size_t wanted = expected > kSmall ? kLarge : expected > kTiny ? kSmall : kTiny;
  if (memory_ == nullptr) {
    memory_ = take(wanted);
    capacity_ = wanted;
  } else if (empty() && capacity_ < wanted) {
    release();
    return prepare(expected);
  }
  if (end_ == capacity_) {
    if (begin_ > capacity_ / 2) {
      std::memmove(memory_, memory_ + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    } else {
      grow(capacity_ < kSmall ? kSmall : capacity_ * 2);
    }
  }
  return {memory_ + end_, capacity_ - end_};
}

void Buffer::append_growing(std::string_view bytes, std::size_t expected) {
  while (!bytes.empty()) {
    const std::span<char> room = prepare(expected);
    const std::size_t size = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), size);
    filled(size);
    bytes.remove_prefix(size);
  }
}

void Buffer::grow(std::size_t capacity) {
  char* memory = take(capacity);
  std::memcpy(memory, memory_ + begin_, end_ - begin_);
  give_back(memory_, capacity_);
  memory_ = memory;
  capacity_ = capacity;
  end_ -= begin_;
  begin_ = 0;
}

void Buffer::release() {
  if (memory_ != nullptr) give_back(std::exchange(memory_, nullptr), capacity_);
  capacity_ = begin_ = end_ = 0;
}

}  // namespace tandem::net
