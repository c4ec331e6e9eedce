#pragma once

// Buffer: the bytes that were read from a stream and not yet used. It holds memory only while it holds bytes or is
// being filled, so an idle connection costs none. Memory comes from free lists of the calling core. Owned by a
// connection.

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace tandem::net {

class Buffer {
 public:
  static constexpr std::size_t kSmall = std::size_t{16} * 1024;
  /// What content is read by. Below what one segment carries over loopback (MTU 65536): a write of 64 KiB leaves 53
  /// bytes for a second one, which makes 1 MiB cost a quarter more; and two of them stay in the cache of a core.
  static constexpr std::size_t kLarge = std::size_t{56} * 1024;

  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)),
        capacity_(std::exchange(other.capacity_, 0)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)) {}
  Buffer& operator=(Buffer&&) = delete;
  ~Buffer() { release(); }

  std::string_view view() const { return {memory_ + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  std::size_t size() const { return end_ - begin_; }

  /// Room for at least one byte more, keeping what is there. `expected` is how many bytes are still to come, if known:
  /// it decides how much memory is taken. The room ends where filled() must not go beyond.
  std::span<char> prepare(std::size_t expected = kSmall);
  void filled(std::size_t count) { end_ += count; }
  /// Puts a copy of `bytes` behind what is there. `expected` as in prepare().
  void append(std::string_view bytes, std::size_t expected = kSmall) {
    if (bytes.size() > capacity_ - end_) return append_growing(bytes, expected);
    if (!bytes.empty()) std::memcpy(memory_ + end_, bytes.data(), bytes.size());
    end_ += bytes.size();
  }
  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  /// Gives the memory back; what was in it is gone.
  void release();

 private:
  void append_growing(std::string_view bytes, std::size_t expected);
  void grow(std::size_t capacity);

  char* memory_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace tandem::net
