#pragma once

// The interfaces of this host and their addresses at one moment, and the questions set-up asks of them: which interface
// an address belongs to, which address speaks for an interface. A value; any thread; allocates, so set-up only.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/net/address.h"

namespace tandem::address {

struct HostAddress {
  net::IpAddress address;
  std::uint8_t prefix = 0;
  std::uint8_t scope = 0;   ///< RT_SCOPE_
  std::uint32_t flags = 0;  ///< IFA_F_
  bool permanent = true;    ///< false for leases: DHCP's, the router's, ours
};

struct HostLink {
  int index = 0;
  std::string name;
  std::array<std::uint8_t, 6> mac{};
  unsigned mtu = 0;
  std::uint32_t flags = 0;  ///< IFF_
  int below = 0;            ///< the index of the interface under this one; 0: none
  bool macvlan = false;     ///< one with a MAC of its own above another
  std::vector<HostAddress> addresses;
  bool running() const;
  bool holds(const net::IpAddress& address) const;
};

/// Both start with the same `length` bits and are of one family.
bool same_subnet(const net::IpAddress& a, const net::IpAddress& b, int length);

class HostLinks {
 public:
  /// Asks the kernel. Errors: the system call's.
  static base::Result<HostLinks> read();

  std::span<const HostLink> all() const { return links_; }
  /// Errors: kNotFound, naming the interfaces there are.
  base::Result<HostLink> by_name(std::string_view name) const;
  /// The interface that has an address (none of `others_ignored`, the virtual ones) whose subnet holds `address`; the
  /// longest prefix wins. Errors: kNotFound, naming the subnets there are; kInvalid when two interfaces are equally
  /// near.
  base::Result<HostLink> by_subnet(const net::IpAddress& address, std::span<const net::IpAddress> others_ignored) const;

 private:
  std::vector<HostLink> links_;
};

/// What an advert or a probe comes from: the first global IPv4 address of `link`, or its link-local IPv6 address; never
/// one of `virtual_ones`. Errors: kNotFound.
base::Result<net::IpAddress> source_of(const HostLink& link, bool v4, std::span<const net::IpAddress> virtual_ones);

}  // namespace tandem::address
