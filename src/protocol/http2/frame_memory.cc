#include "protocol/http2/frame_memory.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>

#include "engine/loop/task.h"

namespace tandem::http2 {

namespace {

/// Stands before each piece: the free lists want to know how large it was.
struct alignas(std::max_align_t) Head {
  std::size_t size;  // with the head
};

void* take(std::size_t size, void* /*user*/) {
  if (size > std::numeric_limits<std::size_t>::max() / 2) return nullptr;
  const std::size_t whole = size + sizeof(Head);
  auto* const head = static_cast<Head*>(loop::allocate_pooled(whole));
  head->size = whole;
  return head + 1;
}

void give_back(void* memory, void* /*user*/) {
  if (memory == nullptr) return;
  Head* const head = static_cast<Head*>(memory) - 1;
  loop::free_pooled(head, head->size);
}

void* take_zeroed(std::size_t count, std::size_t size, void* user) {
  if (size != 0 && count > std::numeric_limits<std::size_t>::max() / 2 / size) return nullptr;
  void* const memory = take(count * size, user);
  if (memory != nullptr) std::memset(memory, 0, count * size);
  return memory;
}

void* resize(void* memory, std::size_t size, void* user) {
  void* const larger = take(size, user);
  if (larger == nullptr || memory == nullptr) return larger;
  const std::size_t before = (static_cast<Head*>(memory) - 1)->size - sizeof(Head);
  std::memcpy(larger, memory, std::min(before, size));
  give_back(memory, user);
  return larger;
}

}  // namespace

nghttp2_mem* frame_memory() {
  static nghttp2_mem functions{nullptr, &take, &give_back, &take_zeroed, &resize};
  return &functions;
}

}  // namespace tandem::http2
