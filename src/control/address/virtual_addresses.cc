#include "control/address/virtual_addresses.h"

#include <fmt/format.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace tandem::address {

namespace {

constexpr std::uint32_t kForever = 0xffffffffU;

ifaddrmsg fixed_part(const VirtualAddress& address, int link) {
  ifaddrmsg out{};
  out.ifa_family = address.address.is_v4() ? AF_INET : AF_INET6;
  out.ifa_prefixlen = address.prefix;
  out.ifa_scope = address.scope;
  out.ifa_index = static_cast<unsigned>(link);
  return out;
}

void add_ip(NetlinkMessage& message, std::uint16_t type, const net::IpAddress& ip) {
  message.attribute(type, ip.bytes().data(), ip.is_v4() ? 4 : 16);
}

void add_lifetime(NetlinkMessage& message, std::uint32_t seconds, bool v4) {
  ifa_cacheinfo lifetime{};
  lifetime.ifa_valid = seconds;
  // A deprecated IPv6 address is not chosen as source of connections that the node itself opens.
  lifetime.ifa_prefered = v4 ? seconds : 0;
  message.attribute(IFA_CACHEINFO, lifetime);
}

void build_hold(NetlinkMessage& message, const VirtualAddress& one, const Lease& lease) {
  const bool v4 = one.address.is_v4();
  message.begin(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, fixed_part(one, one.link));
  add_ip(message, IFA_LOCAL, one.address);
  if (v4) add_ip(message, IFA_ADDRESS, one.address);
  if (one.broadcast && v4) add_ip(message, IFA_BROADCAST, *one.broadcast);
  if (!one.label.empty() && v4) message.text(IFA_LABEL, one.label);
  std::uint32_t flags = one.flags;
  if (!v4 && !one.detect_duplicates) flags |= IFA_F_NODAD;
  message.attribute(IFA_FLAGS, flags);
  add_lifetime(message, lease.valid.count() == 0 ? kForever : static_cast<std::uint32_t>(lease.valid.count()), v4);
}

void build_removal(NetlinkMessage& message, const VirtualAddress& one, int link) {
  message.begin(RTM_DELADDR, NLM_F_ACK, fixed_part(one, link));
  add_ip(message, IFA_LOCAL, one.address);
}

/// The same address, alone, for the loopback interface.
VirtualAddress on_shelf(const VirtualAddress& one) {
  VirtualAddress out;
  out.address = one.address;
  out.prefix = one.address.is_v4() ? 32 : 128;
  return out;
}

}  // namespace

std::string VirtualAddress::text() const {
  return fmt::format("{}/{}{}{}", address.text(), prefix, link_name.empty() ? "" : " on ", link_name);
}

base::Result<VirtualAddress> parse_virtual_address(std::string_view text) {
  const auto refuse = [text] {
    return base::Error(base::ErrorKind::kInvalid,
                       fmt::format("not an IP address, alone or with a prefix length: {}", text));
  };
  const std::size_t slash = text.find('/');
  const auto ip = net::IpAddress::parse(text.substr(0, slash));
  if (!ip) return refuse();
  VirtualAddress out;
  out.address = *ip;
  out.prefix = ip->is_v4() ? 32 : 128;
  if (slash == std::string_view::npos) return out;
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc{} || end != digits.data() + digits.size() || length == 0 || length > out.prefix)
    return refuse();
  out.prefix = static_cast<std::uint8_t>(length);
  return out;
}

bool shares_prefix(const HostLink& link, const VirtualAddress& address, std::span<const net::IpAddress> virtual_ones) {
  return std::any_of(link.addresses.begin(), link.addresses.end(), [&](const HostAddress& own) {
    return own.prefix == address.prefix && same_subnet(own.address, address.address, own.prefix) &&
           std::find(virtual_ones.begin(), virtual_ones.end(), own.address) == virtual_ones.end();
  });
}

VirtualAddresses::VirtualAddresses(std::vector<VirtualAddress> addresses, Lease lease, int loopback)
    : addresses_(std::move(addresses)), lease_(lease) {
  for (const VirtualAddress& one : addresses_) {
    build_hold(hold_, one, lease_);
    build_removal(release_, one, one.link);
    VirtualAddress shelf = on_shelf(one);
    shelf.link = loopback;
    build_hold(shelve_, shelf, lease_);
    shelf_lifetimes_.push_back(shelve_.bytes().size() - sizeof(ifa_cacheinfo));
    build_removal(unshelve_, shelf, loopback);
  }
  if (std::ranges::all_of(addresses_, &VirtualAddress::tracked)) return;
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    build_hold(renewals_.emplace_back().message, addresses_[i], lease_);
    renewals_.back().address = i;
  }
}

int VirtualAddresses::hold(Netlink& netlink) {
  for (Renewal& one : renewals_) one.let_go = false;
  return netlink.request(hold_);
}

int VirtualAddresses::renew(Netlink& netlink) {
  if (renewals_.empty()) return netlink.request(hold_);
  int first = 0;
  for (Renewal& one : renewals_) {
    const int error = one.let_go ? 0 : netlink.request(one.message);
    if (first == 0) first = error;
  }
  return first;
}

bool VirtualAddresses::let_go_untracked(int link, const net::IpAddress& address) {
  for (Renewal& renewal : renewals_) {
    const VirtualAddress& one = addresses_[renewal.address];
    if (one.tracked || one.link != link || one.address != address) continue;
    renewal.let_go = true;
    return true;
  }
  return false;
}

int VirtualAddresses::release(Netlink& netlink, int* removed) {
  const int error = netlink.request(release_, removed);
  return error == EADDRNOTAVAIL || error == ENODEV ? 0 : error;
}

int VirtualAddresses::shelve(Netlink& netlink, std::chrono::seconds time) {
  const auto bytes = shelve_.bytes();
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    ifa_cacheinfo lifetime{};
    lifetime.ifa_valid = static_cast<std::uint32_t>(std::max<std::int64_t>(time.count(), 1));
    lifetime.ifa_prefered = addresses_[i].address.is_v4() ? lifetime.ifa_valid : 0;
    std::memcpy(bytes.data() + shelf_lifetimes_[i], &lifetime, sizeof lifetime);
  }
  return netlink.request(shelve_);
}

int VirtualAddresses::unshelve(Netlink& netlink) {
  const int error = netlink.request(unshelve_);
  return error == EADDRNOTAVAIL ? 0 : error;
}

int VirtualAddresses::remove_left_overs(Netlink& netlink) {
  int removed = 0;
  netlink.request(release_, &removed);
  netlink.request(unshelve_);
  return removed;
}

int VirtualAddresses::permission(Netlink& netlink, int loopback) {
  // No interface ever has this address; the kernel looks at the permission first.
  NetlinkMessage message;
  build_removal(message, VirtualAddress{}, loopback);
  return netlink.request(message) == EPERM ? EPERM : 0;
}

bool VirtualAddresses::contains(int link, const net::IpAddress& address) const {
  return std::any_of(addresses_.begin(), addresses_.end(),
                     [&](const VirtualAddress& one) { return one.link == link && one.address == address; });
}

base::Error VirtualAddresses::error(int code, std::string_view what) const {
  std::string names;
  for (const VirtualAddress& one : addresses_) names += (names.empty() ? "" : ", ") + one.text();
  return privilege_error(code, fmt::format("{} {}", what, names), "CAP_NET_ADMIN");
}

}  // namespace tandem::address
