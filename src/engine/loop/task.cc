#include "engine/loop/task.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

namespace tandem::loop {

namespace {

constexpr std::size_t kStep = 64;
constexpr std::size_t kLargest = 8192;
// A burst of work must not keep its peak for ever: lists that hold more bytes than this give memory back. What some
// hundred streams of HTTP/2 need at a time is below.
constexpr std::size_t kKeptBytes = std::size_t{8} * 1024 * 1024;

struct FreeBlock {
  FreeBlock* next;
};

struct FreeLists {
  FreeBlock* head[kLargest / kStep + 1] = {};
  std::size_t kept = 0;  // bytes

  ~FreeLists() {
    for (FreeBlock*& list : head) {
      while (list != nullptr) ::operator delete(std::exchange(list, list->next));
    }
    closed = true;
  }
  static thread_local bool closed;
};
thread_local bool FreeLists::closed = false;
thread_local FreeLists free_lists;

constexpr std::size_t class_of(std::size_t size) { return (size + kStep - 1) / kStep; }

}  // namespace

void* allocate_pooled(std::size_t size) {
  const std::size_t index = class_of(size);
  if (size <= kLargest && !FreeLists::closed) {
    if (FreeBlock*& list = free_lists.head[index]; list != nullptr) {
      free_lists.kept -= index * kStep;
      return std::exchange(list, list->next);
    }
  }
  return ::operator new(index * kStep);
}

void free_pooled(void* memory, std::size_t size) noexcept {
  const std::size_t index = class_of(size);
  if (size > kLargest || FreeLists::closed || free_lists.kept >= kKeptBytes) {
    ::operator delete(memory);
    return;
  }
  auto* block = static_cast<FreeBlock*>(memory);
  block->next = free_lists.head[index];
  free_lists.head[index] = block;
  free_lists.kept += index * kStep;
}

void PromiseBase::unhandled_exception() const noexcept {
  try {
    throw;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "tandem: defect: exception at the edge of a coroutine: %s\n", e.what());
  } catch (...) {
    std::fprintf(stderr, "tandem: defect: unknown exception at the edge of a coroutine\n");
  }
  std::abort();
}

}  // namespace tandem::loop
