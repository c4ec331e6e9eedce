#pragma once

// Netlink messages built into one buffer: header, fixed part, attributes, nested attributes; several messages may
// follow each other (one system call applies them in order). Built at set-up, sent again and again: building may
// allocate, sending does not. A value; belongs to whoever holds it.

#include <linux/netlink.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tandem::address {

class NetlinkMessage {
 public:
  /// Starts a message; the one before it is complete. `flags` beside NLM_F_REQUEST.
  template <class Fixed>
  void begin(std::uint16_t type, std::uint16_t flags, const Fixed& fixed) {
    static_assert(std::is_trivially_copyable_v<Fixed>);
    begin_raw(type, flags, &fixed, sizeof fixed);
  }
  void attribute(std::uint16_t type, const void* value, std::size_t length);
  template <class T>
  void attribute(std::uint16_t type, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    attribute(type, &value, sizeof value);
  }
  /// With the terminating zero.
  void text(std::uint16_t type, std::string_view value);
  /// Opens an attribute that holds attributes; returns what close() wants.
  std::size_t open(std::uint16_t type);
  void close(std::size_t opened);

  std::span<std::uint8_t> bytes() { return bytes_; }
  std::span<const std::uint8_t> bytes() const { return bytes_; }
  /// How many of the messages ask for an acknowledgement.
  int acknowledged() const { return acknowledged_; }
  bool empty() const { return bytes_.empty(); }

 private:
  void begin_raw(std::uint16_t type, std::uint16_t flags, const void* fixed, std::size_t length);
  void append(const void* value, std::size_t length);
  void settle_length();

  std::vector<std::uint8_t> bytes_;
  std::size_t message_ = 0;
  int acknowledged_ = 0;
};

}  // namespace tandem::address
