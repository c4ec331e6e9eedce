#pragma once

// StableArray: elements that never move, added by one thread and read by any: what lies below size() is complete. Each
// element is a row of `width` values. Owned by whoever writes; nothing is ever taken away before the array goes.

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>

namespace tandem::observe {

template <class T>
class StableArray {
 public:
  explicit StableArray(std::size_t width = 1) : width_(width) {}

  /// Any thread.
  std::size_t size() const { return size_.load(std::memory_order_acquire); }
  /// Any thread that saw size() > index.
  T* at(std::size_t index) const {
    const Place place = place_of(index);
    return blocks_[place.block].get() + place.offset * width_;
  }
  /// The writer: a new row of default values, not yet visible to others.
  T* next() {
    const Place place = place_of(size_.load(std::memory_order_relaxed));
    if (blocks_[place.block] == nullptr) {
      // Block sizes double, so that the table of blocks is short and never moves. The row becomes visible by publish().
      blocks_[place.block] = std::make_unique<T[]>((kFirst << place.block) * width_);
    }
    return blocks_[place.block].get() + place.offset * width_;
  }
  /// The writer: what next() gave is complete.
  void publish() { size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

 private:
  static constexpr std::size_t kFirst = 64;
  static constexpr std::size_t kBlocks = 32;
  struct Place {
    std::size_t block;
    std::size_t offset;
  };
  static Place place_of(std::size_t index) {
    const std::size_t block = static_cast<std::size_t>(std::bit_width(index / kFirst + 1)) - 1;
    return {block, index - kFirst * ((std::size_t{1} << block) - 1)};
  }

  std::size_t width_;
  std::atomic<std::size_t> size_{0};
  std::array<std::unique_ptr<T[]>, kBlocks> blocks_;
};

}  // namespace tandem::observe
