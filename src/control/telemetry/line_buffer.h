#pragma once

// LineBuffer: bytes that grow at their end, for formatting without a check for each piece: ask for room once, then
// append. One thread; owned by whoever formats.

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace tandem::telemetry {

class LineBuffer {
 public:
  std::string_view view() const { return {bytes_.get(), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() { size_ = 0; }
  void truncate(std::size_t size) { size_ = size; }
  /// Drops the first `size` bytes.
  void consume(std::size_t size) {
    size_ -= size;
    std::memmove(bytes_.get(), bytes_.get() + size, size_);
  }

  /// The next `size` bytes can be appended.
  void make_room(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
  }

  // REQUIRES: room.
  void put(char c) { bytes_[size_++] = c; }
  void put(std::string_view text) {
    std::memcpy(bytes_.get() + size_, text.data(), text.size());
    size_ += text.size();
  }
  template <class Number>
  void put_number(Number value) {
    char* const at = bytes_.get() + size_;
    size_ += static_cast<std::size_t>(std::to_chars(at, at + 32, value).ptr - at);
  }
  /// `write(at)` appends at `at` and returns the end.
  template <class Write>
  void put_with(Write write) {
    char* const at = bytes_.get() + size_;
    size_ += static_cast<std::size_t>(write(at) - at);
  }

 private:
  void grow(std::size_t by) {
    capacity_ = (size_ + by) * 2;
    auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
    if (size_ != 0) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace tandem::telemetry
