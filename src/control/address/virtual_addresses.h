#pragma once

// The virtual addresses of one virtual router in this host's kernel: added and removed by netlink, leased (the kernel
// takes an address away when nobody renews it, so a dead or hung owner lets go by itself), put on the loopback
// interface while they are handed over. Messages are built at construction; every call is one system call, without
// allocation. Owned and used by the VRRP thread.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/address/host_links.h"
#include "control/address/netlink.h"
#include "engine/net/address.h"

namespace tandem::address {

/// One address as `ip address add` would take it.
struct VirtualAddress {
  net::IpAddress address;
  std::uint8_t prefix = 32;
  int link = 0;            ///< interface index
  std::string link_name;   ///< for messages to people
  std::string label;       ///< IPv4: "eth0:1"
  std::uint8_t scope = 0;  ///< RT_SCOPE_UNIVERSE
  std::optional<net::IpAddress> broadcast;
  std::uint32_t flags = 0;         ///< IFA_F_ beside those that are always set
  bool detect_duplicates = false;  ///< IPv6: let the kernel look for the address first (a second without it)
  bool tracked = true;             ///< false: when somebody removes it, it stays away until hold() [no_track]

  /// "192.168.1.100/24 on eth0".
  std::string text() const;
};

/// "192.168.1.100/24", "fd00::100" (a host prefix). Errors: kInvalid.
base::Result<VirtualAddress> parse_virtual_address(std::string_view text);

/// The index of `lo`, the same in every network namespace.
inline constexpr int kLoopback = 1;

struct Lease {
  /// After so long without renewal the kernel removes the address; it counts whole seconds. 0: for ever.
  std::chrono::seconds valid{2};
  /// How often it is renewed.
  std::chrono::milliseconds renew{500};
};

/// True when the address would share the prefix route of an address the link has already: IPv6 must not touch that
/// route, since the lease would end it (IFA_F_NOPREFIXROUTE). `virtual_ones` are not counted.
bool shares_prefix(const HostLink& link, const VirtualAddress& address, std::span<const net::IpAddress> virtual_ones);

class VirtualAddresses {
 public:
  /// `loopback` is the index of `lo`.
  VirtualAddresses(std::vector<VirtualAddress> addresses, Lease lease, int loopback);

  /// Adds what is missing and renews the lease of all. Returns 0 or the first errno value; the others are tried.
  int hold(Netlink& netlink);
  /// The same without those that were let go since.
  int renew(Netlink& netlink);
  /// Somebody removed this one: true when it is not tracked, and so is left alone until hold().
  bool let_go_untracked(int link, const net::IpAddress& address);
  /// Removes all. Absent ones are no error; `removed`, when not null, is set to how many were there.
  int release(Netlink& netlink, int* removed = nullptr);
  /// Puts all on the loopback interface for at most `time` (the kernel's lease, whole seconds): connections are
  /// accepted and go on whatever becomes of the address on its own interface.
  int shelve(Netlink& netlink, std::chrono::seconds time);
  int unshelve(Netlink& netlink);
  /// For the start: removes what an earlier run left, also from the loopback interface; returns how many there were on
  /// their own interface.
  int remove_left_overs(Netlink& netlink);

  /// Whether this process may change addresses at all: 0 or EPERM. Changes nothing.
  static int permission(Netlink& netlink, int loopback);

  /// True for an address of the set on its own interface.
  bool contains(int link, const net::IpAddress& address) const;
  const std::vector<VirtualAddress>& addresses() const { return addresses_; }
  const Lease& lease() const { return lease_; }

  /// For people: what went wrong with the whole set.
  base::Error error(int code, std::string_view what) const;

 private:
  std::vector<VirtualAddress> addresses_;
  Lease lease_;
  NetlinkMessage hold_;
  /// What renew() sends, one by one; empty when all are tracked, which go with hold_ in one call.
  struct Renewal {
    NetlinkMessage message;
    std::size_t address = 0;
    bool let_go = false;
  };
  std::vector<Renewal> renewals_;
  NetlinkMessage release_;
  NetlinkMessage shelve_;
  NetlinkMessage unshelve_;
  std::vector<std::size_t> shelf_lifetimes_;  // where the lifetimes stand in shelve_
};

}  // namespace tandem::address
