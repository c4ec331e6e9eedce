#include "control/address/host_links.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>

#include "control/address/netlink.h"

namespace tandem::address {

namespace {

bool among(std::span<const net::IpAddress> all, const net::IpAddress& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

bool HostLink::running() const { return (flags & IFF_UP) != 0 && (flags & IFF_RUNNING) != 0; }

bool HostLink::holds(const net::IpAddress& address) const {
  return std::any_of(addresses.begin(), addresses.end(), [&](const HostAddress& a) { return a.address == address; });
}

bool same_subnet(const net::IpAddress& a, const net::IpAddress& b, int length) {
  if (a.is_v4() != b.is_v4()) return false;
  for (int bit = 0; bit < length; bit += 8) {
    const auto at = static_cast<std::size_t>(bit / 8);
    const int left = std::min(8, length - bit);
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - left));
    if (((a.bytes()[at] ^ b.bytes()[at]) & mask) != 0) return false;
  }
  return true;
}

base::Result<HostLinks> HostLinks::read() {
  auto netlink = Netlink::open(NETLINK_ROUTE);
  if (!netlink) return netlink.error();
  HostLinks out;
  NetlinkMessage links;
  links.begin(RTM_GETLINK, NLM_F_DUMP, ifinfomsg{});
  LinkEvent event;
  int error = netlink->dump(links, [&](const nlmsghdr& message) {
    if (!read_link_event(message, event)) return;
    out.links_.push_back({.index = event.index,
                          .name = event.name.data(),
                          .mac = event.mac,
                          .mtu = event.mtu,
                          .flags = event.flags,
                          .below = event.below,
                          .macvlan = event.macvlan,
                          .addresses = {}});
  });
  if (error != 0) return base::Error::from_errno(error, "reading the interfaces");
  NetlinkMessage addresses;
  addresses.begin(RTM_GETADDR, NLM_F_DUMP, ifaddrmsg{});
  error = netlink->dump(addresses, [&](const nlmsghdr& message) {
    if (!read_link_event(message, event)) return;
    const auto link = std::find_if(out.links_.begin(), out.links_.end(),
                                   [&event](const HostLink& one) { return one.index == event.index; });
    if (link == out.links_.end()) return;
    link->addresses.push_back({.address = event.address,
                               .prefix = event.prefix,
                               .scope = event.scope,
                               .flags = event.flags,
                               .permanent = event.permanent});
  });
  if (error != 0) return base::Error::from_errno(error, "reading the addresses");
  return out;
}

base::Result<HostLink> HostLinks::by_name(std::string_view name) const {
  std::vector<std::string_view> names;
  for (const HostLink& link : links_) {
    if (link.name == name) return link;
    names.push_back(link.name);
  }
  return base::Error(base::ErrorKind::kNotFound,
                     fmt::format("there is no interface {}; there are {}", name, fmt::join(names, ", ")));
}

base::Result<HostLink> HostLinks::by_subnet(const net::IpAddress& address,
                                            std::span<const net::IpAddress> others_ignored) const {
  const HostLink* best = nullptr;
  const HostLink* rival = nullptr;
  int longest = -1;
  std::vector<std::string> subnets;
  for (const HostLink& link : links_) {
    if ((link.flags & IFF_LOOPBACK) != 0) continue;
    for (const HostAddress& own : link.addresses) {
      if (own.address.is_v4() != address.is_v4() || among(others_ignored, own.address)) continue;
      subnets.push_back(fmt::format("{}/{} ({})", own.address.text(), own.prefix, link.name));
      if (own.prefix < longest || !same_subnet(own.address, address, own.prefix)) continue;
      rival = own.prefix == longest && best != &link ? best : nullptr;
      longest = own.prefix;
      best = &link;
    }
  }
  if (best == nullptr) {
    return base::Error(base::ErrorKind::kNotFound,
                       fmt::format("{} lies in no subnet of this host ({}); name the interface", address.text(),
                                   fmt::join(subnets, ", ")));
  }
  if (rival != nullptr) {
    return base::Error(base::ErrorKind::kInvalid, fmt::format("{} lies in the subnets of {} and {}; name the interface",
                                                              address.text(), rival->name, best->name));
  }
  return *best;
}

base::Result<net::IpAddress> source_of(const HostLink& link, bool v4, std::span<const net::IpAddress> virtual_ones) {
  // Secondary IPv4 addresses come after the primary one of their subnet; leases of ours are among `virtual_ones`.
  const auto found = std::find_if(link.addresses.begin(), link.addresses.end(), [&](const HostAddress& own) {
    if (own.address.is_v4() != v4 || among(virtual_ones, own.address)) return false;
    return v4 ? own.scope < RT_SCOPE_LINK : own.scope == RT_SCOPE_LINK && (own.flags & IFA_F_TENTATIVE) == 0;
  });
  if (found != link.addresses.end()) return found->address;
  return base::Error(base::ErrorKind::kNotFound, fmt::format("the interface {} has no {} address of its own", link.name,
                                                             v4 ? "IPv4" : "link-local IPv6"));
}

}  // namespace tandem::address
