#pragma once

// Addresses as the section `ha` writes them. Any thread; plain values.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tandem::model {

/// An address of IPv4 (the first four bytes count, the others are 0) or IPv6.
struct IpAddress {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};

  static std::optional<IpAddress> parse(std::string_view text);
  std::string text() const;
  int bits() const { return v6 ? 128 : 32; }
  bool is_multicast() const;
  bool is_link_local() const;
  auto operator<=>(const IpAddress&) const = default;
};

/// Whether both share their first `prefix` bits; never across families.
bool same_network(const IpAddress& a, const IpAddress& b, int prefix);

/// An element of virtualAddresses and excludedAddresses: `ADDRESS[/PREFIX] [dev IF] [label NAME] [scope SCOPE]
/// [brd ADDRESS] [no_track]`.
struct VirtualAddress {
  IpAddress address;
  std::optional<int> prefix;           ///< Absent: that of the subnet it is in, else one address only.
  std::string device;                  ///< Empty: the instance's interface.
  std::string label;                   ///< IPv4: name such as eth0:1.
  std::string scope;                   ///< global, site, link or host, or a number; empty: global.
  std::optional<IpAddress> broadcast;  ///< Absent: none, unless `default_broadcast`.
  bool default_broadcast = false;      ///< `brd +`: host bits all ones.
  bool tracked = true;                 ///< Its removal by somebody is put right, its interface is watched.
};

/// Errors say which word is wrong.
base::Result<VirtualAddress> parse_virtual_address(std::string_view text);

}  // namespace tandem::model
