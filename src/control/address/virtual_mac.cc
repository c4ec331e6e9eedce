#include "control/address/virtual_mac.h"

#include <fmt/format.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <cerrno>
#include <fstream>

#include "control/address/netlink.h"

namespace tandem::address {

namespace {

int remove_link(Netlink& netlink, const std::string& name) {
  NetlinkMessage message;
  message.begin(RTM_DELLINK, NLM_F_ACK, ifinfomsg{});
  message.text(IFLA_IFNAME, name);
  return netlink.request(message);
}

int add_link(Netlink& netlink, const std::string& name, const Mac& mac, int parent) {
  NetlinkMessage message;
  message.begin(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, ifinfomsg{});
  message.text(IFLA_IFNAME, name);
  message.attribute(IFLA_LINK, parent);
  message.attribute(IFLA_ADDRESS, mac.data(), mac.size());
  const std::size_t described = message.open(IFLA_LINKINFO);
  message.text(IFLA_INFO_KIND, "macvlan");
  const std::size_t details = message.open(IFLA_INFO_DATA);
  message.attribute(IFLA_MACVLAN_MODE, std::uint32_t{MACVLAN_MODE_PRIVATE});
  message.close(details);
  message.close(described);
  return netlink.request(message);
}

int read_number(const std::string& path) {
  int out = 0;
  std::ifstream(path) >> out;
  return out;
}

int bring_up(Netlink& netlink, const std::string& name) {
  NetlinkMessage message;
  ifinfomsg fixed{};
  fixed.ifi_flags = IFF_UP;
  fixed.ifi_change = IFF_UP;
  message.begin(RTM_NEWLINK, NLM_F_ACK, fixed);
  message.text(IFLA_IFNAME, name);
  return netlink.request(message);
}

/// Adverts come from the link-local address of the interface below (RFC 9568 §5.1.2.1), which must exist above too.
int copy_link_local(Netlink& netlink, const HostLink& from, int to) {
  for (const HostAddress& own : from.addresses) {
    if (own.address.is_v4() || own.scope != RT_SCOPE_LINK) continue;
    NetlinkMessage message;
    ifaddrmsg fixed{};
    fixed.ifa_family = AF_INET6;
    fixed.ifa_prefixlen = own.prefix;
    fixed.ifa_scope = RT_SCOPE_LINK;
    fixed.ifa_index = static_cast<unsigned>(to);
    message.begin(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, fixed);
    message.attribute(IFA_LOCAL, own.address.bytes().data(), own.address.bytes().size());
    message.attribute(IFA_FLAGS, std::uint32_t{IFA_F_NODAD | IFA_F_NOPREFIXROUTE});
    return netlink.request(message);
  }
  return EADDRNOTAVAIL;
}

}  // namespace

Mac virtual_mac(bool v4, std::uint8_t vrid) { return {0, 0, 0x5e, 0, static_cast<std::uint8_t>(v4 ? 1 : 2), vrid}; }

VirtualMacSettings completed(VirtualMacSettings settings, bool v4, std::uint8_t vrid) {
  if (settings.name.empty()) settings.name = fmt::format("{}.{}", v4 ? "vrrp" : "vrrp6", vrid);
  if (settings.mac == Mac{}) settings.mac = virtual_mac(v4, vrid);
  return settings;
}

base::Result<VirtualMac> VirtualMac::create(const HostLink& parent, bool v4, const VirtualMacSettings& settings) {
  const std::string& name = settings.name;
  auto netlink = Netlink::open(NETLINK_ROUTE);
  if (!netlink) return netlink.error();
  const auto before = HostLinks::read();
  if (!before) return before.error();
  const auto same = before->by_name(name);
  if (same && !same->macvlan) {
    return base::Error(base::ErrorKind::kInvalid,
                       fmt::format("virtualMac.name: there is an interface {} already, and it is no macvlan", name));
  }
  // One that fits stays: the program may have been started anew while it is master.
  if (!same || same->mac != settings.mac || same->below != parent.index) {
    if (same) remove_link(*netlink, name);
    if (const int code = add_link(*netlink, name, settings.mac, parent.index); code != 0) {
      return privilege_error(code, fmt::format("adding the interface {} above {}", name, parent.name), "CAP_NET_ADMIN");
    }
  }
  // IN6_ADDR_GEN_MODE_NONE: no link-local address out of the virtual MAC.
  std::ofstream("/proc/sys/net/ipv6/conf/" + name + "/addr_gen_mode") << 1;
  if (const int code = bring_up(*netlink, name); code != 0) {
    return base::Error::from_errno(code, fmt::format("bringing up the interface {}", name));
  }
  auto links = HostLinks::read();
  if (!links) return links.error();
  auto link = links->by_name(name);
  if (!link) return link.error();
  VirtualMac out;
  out.link_ = std::move(*link);
  out.parent_ = parent.index;
  if (const int code = v4 ? 0 : copy_link_local(*netlink, parent, out.link_.index); code != 0) {
    return base::Error::from_errno(code, fmt::format("a link-local address for {}", name));
  }
  // Only the virtual MAC answers for the virtual address, and packets for it may come in although the route back leads
  // through the parent. The parent answers for addresses of its own alone.
  const std::string own = "/proc/sys/net/ipv4/conf/" + name + "/";
  out.set(own + "accept_local", "1", false);
  out.set(own + "arp_ignore", "1", false);
  out.allow_any_source(*links, own);
  out.set(own + "promote_secondaries", "1", false);
  const std::string above = "/proc/sys/net/ipv4/conf/" + parent.name + "/";
  out.set(above + "arp_ignore", "1", true);
  out.set(above + "arp_filter", "1", true);
  // A backup that reports its multicast group from the virtual MAC would have switches send the master's packets to it
  // until the next advert. Switches never need reports of 224.0.0.x (RFC 4541 §2.1.2).
  out.set("/proc/sys/net/ipv4/igmp_link_local_mcast_reports", "0", true);
  // Nor does it ask for others in the virtual address's name: they would learn the parent's MAC from the question.
  out.set(above + "arp_announce", "2", true);
  return out;
}

/// Adverts arrive on an interface without address. The kernel drops them when it checks sources there, and the setting
/// for all interfaces is the least for each: it moves to those that are there.
void VirtualMac::allow_any_source(const HostLinks& links, const std::string& own) {
  const std::string root = "/proc/sys/net/ipv4/conf/";
  const int all = read_number(root + "all/rp_filter");
  if (all > 0) {
    for (const HostLink& link : links.all()) {
      const std::string path = root + link.name + "/rp_filter";
      if (read_number(path) < all) set(path, std::to_string(all), false);
    }
    set(root + "all/rp_filter", "0", true);
  }
  set(own + "rp_filter", "0", false);
}

void VirtualMac::set(const std::string& path, const std::string& value, bool restore) {
  std::string before;
  std::ifstream(path) >> before;
  if (before.empty() || before == value) return;
  std::ofstream(path) << value;
  if (restore) changed_.push_back({.path = path, .before = before});
}

VirtualMac::~VirtualMac() {
  if (link_.index == 0) return;
  for (const Setting& setting : changed_) std::ofstream(setting.path) << setting.before;
  if (auto netlink = Netlink::open(NETLINK_ROUTE)) remove_link(*netlink, link_.name);
}

}  // namespace tandem::address
