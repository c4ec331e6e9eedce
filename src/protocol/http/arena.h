#pragma once

// Arena: memory that lives as long as one exchange. All text that a Request or Response refers to lives in the
// exchange's arena (or is static), so messages are views and cost no allocation of their own. One core; owned by the
// Exchange.

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <string_view>

#include "engine/loop/task.h"

namespace tandem::http {

class Arena {
 public:
  Arena() = default;
  ~Arena() { reset(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Memory aligned for pointers, until reset().
  void* allocate(std::size_t size) {
    size = (size + 7) & ~std::size_t{7};
    if (size > static_cast<std::size_t>(end_ - at_)) return allocate_block(size);
    char* out = at_;
    at_ += size;
    return out;
  }
  char* allocate_text(std::size_t size) { return static_cast<char*>(allocate(size)); }

  std::string_view copy(std::string_view text) {
    char* out = allocate_text(text.size());
    if (!text.empty()) std::memcpy(out, text.data(), text.size());
    return {out, text.size()};
  }
  std::string_view concat(std::initializer_list<std::string_view> parts);
  /// Bytes handed out since the last reset.
  std::size_t used() const { return used_before_ + static_cast<std::size_t>(at_ - begin_); }
  void reset();

 private:
  struct Block {
    Block* next;
    std::size_t size;
  };
  void* allocate_block(std::size_t size);

  char* at_ = nullptr;
  char* end_ = nullptr;
  char* begin_ = nullptr;
  Block* blocks_ = nullptr;
  std::size_t used_before_ = 0;
};

}  // namespace tandem::http
