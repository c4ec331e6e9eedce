#pragma once

// A planned switch-over of addresses that loses no connection. The old owner goes on accepting on them without
// answering ARP (the addresses stand on the loopback interface meanwhile, see VirtualAddresses::shelve); the new owner
// passes TCP segments that open no connection and belong to none of its sockets on to the old owner. Both are rules in
// nf_tables tables of our own that nobody else uses: no sysctl and no route is touched, so there is nothing to restore
// but to remove the tables, which the next start does after a crash. Built at set-up, used by the VRRP thread, without
// allocation.
//
// Passing on is only for nodes of one network segment, only towards a peer, and the owner of these objects bounds its
// time.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/address/netlink.h"
#include "control/address/nf_tables.h"
#include "control/address/virtual_addresses.h"

namespace tandem::address {

/// IPv4 on the old owner: the node is not heard in ARP with the addresses. (IPv6 needs nothing: an address on the
/// loopback interface is not advertised elsewhere.)
class QuietAddresses {
 public:
  /// `own` is what ARP requests of this node come from meanwhile. `name` is the table's.
  QuietAddresses(const std::vector<VirtualAddress>& addresses, const net::IpAddress& own, const std::string& name);
  int begin(Netlink& netfilter);
  int end(Netlink& netfilter);

 private:
  bool needed_ = false;
  Batch begin_;
  Batch end_;
};

/// On the new owner.
class PassOn {
 public:
  /// For the addresses of the family of `v4`; `link` is where the old owner is.
  PassOn(const std::vector<VirtualAddress>& addresses, bool v4, int link, const std::string& name);
  /// Segments of connections that are not ours go to `previous` (a neighbour on `link`) from now on. Begins before the
  /// addresses are added. A second call changes the target.
  int begin(Netlink& netfilter, const net::IpAddress& previous);
  int end(Netlink& netfilter);

 private:
  bool v4_;
  std::size_t previous_at_ = 0;
  Batch begin_;
  Batch end_;
};

}  // namespace tandem::address
