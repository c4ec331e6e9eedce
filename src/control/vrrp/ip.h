#pragma once

// An IPv4 or IPv6 address as bytes: all that VRRP needs to know about one. Any thread; a value without owner.

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tandem::vrrp {

enum class Family : std::uint8_t { kIpv4, kIpv6 };

struct Ip {
  /// Network order; an IPv4 address fills the first four.
  std::array<std::uint8_t, 16> octets{};
  Family family = Family::kIpv4;

  static constexpr Ip v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return Ip{.octets = {a, b, c, d}, .family = Family::kIpv4};
  }
  static constexpr Ip v6(const std::array<std::uint8_t, 16>& octets) {
    return Ip{.octets = octets, .family = Family::kIpv6};
  }
  /// From 4 or 16 bytes in network order. REQUIRES: one of these sizes.
  static Ip from(std::span<const std::uint8_t> bytes) {
    Ip ip{.octets = {}, .family = bytes.size() == 4 ? Family::kIpv4 : Family::kIpv6};
    std::copy_n(bytes.begin(), std::min<std::size_t>(bytes.size(), 16), ip.octets.begin());
    return ip;
  }
  std::span<const std::uint8_t> bytes() const { return {octets.data(), family == Family::kIpv4 ? 4U : 16U}; }
  bool is_multicast() const { return family == Family::kIpv4 ? (octets[0] & 0xf0U) == 0xe0U : octets[0] == 0xffU; }

  /// Within a family the numeric order, which decides between masters of equal priority (RFC 9568 §6.4.3).
  friend bool operator==(const Ip& one, const Ip& other) {
    return one.family == other.family && one.octets == other.octets;
  }
  friend std::strong_ordering operator<=>(const Ip& one, const Ip& other) {
    return one.family != other.family ? one.family <=> other.family : one.octets <=> other.octets;
  }
};

/// Where adverts go when there are no peers to send to one by one: 224.0.0.18 and ff02::12.
inline constexpr Ip kGroupIpv4 = Ip::v4(224, 0, 0, 18);
inline constexpr Ip kGroupIpv6 = Ip::v6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12});

}  // namespace tandem::vrrp
