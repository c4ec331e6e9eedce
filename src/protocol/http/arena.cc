#include "protocol/http/arena.h"

#include <algorithm>

namespace tandem::http {

namespace {

constexpr std::size_t kBlockSize = 4096;

}  // namespace

void* Arena::allocate_block(std::size_t size) {
  used_before_ += static_cast<std::size_t>(at_ - begin_);
  const std::size_t block_size = std::max(kBlockSize, size + sizeof(Block));
  auto* block = static_cast<Block*>(loop::allocate_pooled(block_size));
  block->next = blocks_;
  block->size = block_size;
  blocks_ = block;
  begin_ = reinterpret_cast<char*>(block + 1);
  at_ = begin_ + size;
  end_ = reinterpret_cast<char*>(block) + block_size;
  return begin_;
}

std::string_view Arena::concat(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  char* const out = allocate_text(size);
  char* at = out;
  for (const std::string_view part : parts) {
    if (!part.empty()) std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  return {out, size};
}

void Arena::reset() {
  while (blocks_ != nullptr) {
    Block* block = blocks_;
    blocks_ = block->next;
    loop::free_pooled(block, block->size);
  }
  at_ = end_ = begin_ = nullptr;
  used_before_ = 0;
}

}  // namespace tandem::http
