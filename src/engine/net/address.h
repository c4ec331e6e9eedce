#pragma once

// Addresses as values: IP addresses, socket addresses (IPv4, IPv6, Unix) and prefixes. Any thread.

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tandem::net {

/// An IPv4 or IPv6 address without port. An IPv4-mapped IPv6 address becomes IPv4.
class IpAddress {
 public:
  IpAddress() = default;
  static std::optional<IpAddress> parse(std::string_view text);
  bool is_v4() const { return v4_; }
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }  ///< IPv4 in the first four
  std::string text() const;
  bool operator==(const IpAddress&) const = default;

 private:
  friend class Address;
  std::array<std::uint8_t, 16> bytes_{};
  bool v4_ = true;
};

/// "10.0.0.0/8", "2001:db8::/32", or a single address.
class IpPrefix {
 public:
  static base::Result<IpPrefix> parse(std::string_view text);
  bool contains(const IpAddress& address) const;
  std::string text() const;

 private:
  IpAddress address_;
  int length_ = 32;
};

/// Where a socket is or goes.
class Address {
 public:
  Address() = default;
  Address(const IpAddress& ip, std::uint16_t port);
  static Address from_sockaddr(const sockaddr* address, socklen_t length);
  static base::Result<Address> unix_path(std::string_view path);

  int family() const { return storage_.ss_family; }
  bool is_ip() const;
  /// REQUIRES: is_ip().
  IpAddress ip() const;
  std::uint16_t port() const;
  /// "1.2.3.4:80", "[::1]:80" or the path.
  std::string text() const;
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t raw_length() const { return length_; }

 private:
  sockaddr_storage storage_{};
  socklen_t length_ = 0;
};

}  // namespace tandem::net
