#include "control/speaker/speaking_router.h"

#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <fstream>

#include "control/speaker/ip_forms.h"

namespace tandem::speaker {

namespace {

/// The node answers as a router in advertisements when it forwards on the interface (RFC 4861 §4.4).
bool forwards_ipv6(const std::string& link) {
  int value = 0;
  std::ifstream("/proc/sys/net/ipv6/conf/" + link + "/forwarding") >> value;
  return value == 1;
}

}  // namespace

base::Result<Kernel> Kernel::open() {
  auto routes = address::Netlink::open(NETLINK_ROUTE);
  if (!routes) return routes.error();
  auto netfilter = address::Netlink::open(NETLINK_NETFILTER);
  if (!netfilter) return netfilter.error();
  auto frames = address::FrameSender::open();
  if (!frames) return frames.error();
  return Kernel{.routes = std::move(*routes), .netfilter = std::move(*netfilter), .frames = std::move(*frames)};
}

base::Result<std::unique_ptr<SpeakingRouter>> SpeakingRouter::create(RouterSettings settings,
                                                                     const Surroundings& around) {
  std::unique_ptr<SpeakingRouter> out(new SpeakingRouter());
  out->settings_ = std::move(settings);
  const auto named = [&out](base::Error error) {
    return std::move(error).wrapped(fmt::format("virtual router {}", out->settings_.name));
  };
  if (auto done = out->find_links(around); !done) return named(done.error());
  if (auto done = out->settle_addresses(around); !done) return named(done.error());
  if (auto good = vrrp::validate(out->settings_.options); !good) return named(good.error());
  if (auto done = out->open_sockets(around); !done) return named(done.error());
  out->build_frames(around);
  return out;
}

base::Result<void> SpeakingRouter::find_links(const Surroundings& around) {
  if (settings_.virtual_addresses.empty()) {
    return base::Error(base::ErrorKind::kInvalid, "no virtual address is configured");
  }
  auto link = settings_.interface.empty()
                  ? around.links.by_subnet(settings_.virtual_addresses.front().address, around.virtual_ones)
                  : around.links.by_name(settings_.interface);
  if (!link) return link.error();
  link_ = std::move(*link);
  settings_.interface = link_.name;
  own_link_.emplace(link_.running(), settings_.interface_up_delay, settings_.interface_down_delay);
  for (const hooks::TrackedLink& one : settings_.tracked_interfaces) {
    auto tracked = around.links.by_name(one.name);
    if (!tracked) return tracked.error();
    tracked_.add(one, tracked->index, tracked->running());
  }
  const bool v4 = settings_.options.family == vrrp::Family::kIpv4;
  if (settings_.options.source.bytes()[0] == 0) {
    auto source = address::source_of(link_, v4, around.virtual_ones);
    if (!source) return source.error();
    settings_.options.source = vrrp_ip(*source);
  }
  const net::IpAddress source = net_ip(settings_.options.source);
  for (const address::HostAddress& own : link_.addresses) {
    if (own.address == source) source_prefix_ = own.prefix;
  }
  return settings_.virtual_mac ? find_virtual_mac(around) : base::Result<void>();
}

base::Result<void> SpeakingRouter::find_virtual_mac(const Surroundings& around) {
  const bool v4 = settings_.options.family == vrrp::Family::kIpv4;
  address::VirtualMacSettings& wanted = *settings_.virtual_mac;
  wanted = address::completed(wanted, v4, settings_.options.vrid);
  const auto known = std::find_if(around.macs.begin(), around.macs.end(), [&](const auto& one) {
    return one && one->parent() == link_.index && one->link().name == wanted.name && one->link().mac == wanted.mac;
  });
  if (known != around.macs.end()) {
    mac_ = *known;
    return {};
  }
  auto made = address::VirtualMac::create(link_, v4, wanted);
  if (!made) return made.error();
  mac_ = std::make_shared<address::VirtualMac>(std::move(*made));
  return {};
}

base::Result<void> SpeakingRouter::settle_addresses(const Surroundings& around) {
  const bool v4 = settings_.options.family == vrrp::Family::kIpv4;
  const address::HostLink& home = mac_ ? mac_->link() : link_;
  settings_.options.addresses.clear();
  settings_.options.unicast = !settings_.peers.empty();
  for (auto* list : {&settings_.virtual_addresses, &settings_.excluded_addresses}) {
    for (address::VirtualAddress& one : *list) {
      if (list == &settings_.virtual_addresses) {
        if (one.address.is_v4() != v4) {
          return base::Error(base::ErrorKind::kInvalid, fmt::format("{} is of the other family", one.address.text()));
        }
        settings_.options.addresses.push_back(vrrp_ip(one.address));
      }
      if (one.link == 0) {
        one.link = home.index;
        one.link_name = home.name;
      }
      // Above the interface the subnet is the interface's own.
      if (mac_ && address::shares_prefix(link_, one, around.virtual_ones)) one.flags |= IFA_F_NOPREFIXROUTE;
      for (const address::HostLink& link : around.links.all()) {
        if (link.index != one.link) continue;
        if (!one.address.is_v4() && address::shares_prefix(link, one, around.virtual_ones)) {
          one.flags |= IFA_F_NOPREFIXROUTE;
        }
      }
      all_addresses_.push_back(one);
    }
  }
  auto loopback = around.links.by_name("lo");
  if (!loopback) return loopback.error();
  const std::string table = fmt::format("tandem_vrrp{}_{}", v4 ? "" : "6", static_cast<int>(settings_.options.vrid));
  const net::IpAddress source = net_ip(settings_.options.source);
  addresses_.emplace(all_addresses_, around.lease, loopback->index);
  quiet_.emplace(all_addresses_, v4 ? source : net::IpAddress(), table);
  pass_on_.emplace(all_addresses_, v4, link_.index, table);
  drain_ = around.drain;
  return {};
}

base::Result<void> SpeakingRouter::open_sockets(const Surroundings& around) {
  const bool v4 = settings_.options.family == vrrp::Family::kIpv4;
  const bool multicast = settings_.peers.empty();
  // Unicast adverts have no use for a MAC of their own. Multicast ones from the virtual MAC arrive at the interface
  // that has it too, not at the one below.
  const address::HostLink& from = mac_ && multicast && !settings_.send_from_parent ? mac_->link() : link_;
  auto socket = address::AdvertSocket::open({.link = from.index,
                                             .link_name = from.name,
                                             .source = net_ip(settings_.options.source),
                                             .multicast = multicast,
                                             .ttl = multicast ? vrrp::kTtl : settings_.unicast_ttl});
  if (!socket) return socket.error();
  socket_.emplace(std::move(*socket));
  for (const vrrp::Peer& peer : settings_.peers) destinations_.push_back(net_ip(peer.address));
  if (multicast) destinations_.push_back(net_ip(v4 ? vrrp::kGroupIpv4 : vrrp::kGroupIpv6));
  std::vector<net::IpAddress> watched;
  for (const address::VirtualAddress& one : all_addresses_) watched.push_back(one.address);
  has_gateway_ = around.gateway != net::IpAddress() && around.gateway.is_v4() == v4 &&
                 address::same_subnet(around.gateway, net_ip(settings_.options.source), source_prefix_);
  if (has_gateway_) watched.push_back(around.gateway);
  auto watch = address::NeighbourWatch::open(link_.index, watched);
  if (!watch) return watch.error();
  watch_.emplace(std::move(*watch));
  return {};
}

void SpeakingRouter::build_frames(const Surroundings& around) {
  const net::IpAddress source = net_ip(settings_.options.source);
  std::vector<address::Announcer::Target> targets;
  for (const address::VirtualAddress& one : all_addresses_) {
    const address::HostLink* link = mac_ && one.link == mac_->link().index ? &mac_->link() : &link_;
    for (const address::HostLink& other : around.links.all()) {
      if (other.index == one.link) link = &other;
    }
    targets.push_back({.address = one.address,
                       .link = one.link,
                       .mac = link->mac,
                       .router = !one.address.is_v4() && forwards_ipv6(link->name),
                       .silent = (link->flags & IFF_NOARP) != 0});
    if (one.link != link->index || (link->flags & IFF_NOARP) != 0) continue;
    // An ARP probe teaches nobody; an IPv6 solicitation without a sender would be duplicate address detection.
    const net::IpAddress asker = one.address.is_v4() ? net::IpAddress() : source;
    if (!one.address.is_v4() && source.is_v4()) continue;
    questions_.push_back({.link = link_.index, .frame = address::question(link_.mac, asker, one.address)});
  }
  announcer_.emplace(targets, settings_.announce_gap);
  source_announcement_ = address::announcement(link_.mac, source, false);
  if (has_gateway_) gateway_question_ = address::question(link_.mac, source, around.gateway);
}

bool SpeakingRouter::is_foreign(const address::Mac& mac) const {
  return mac != link_.mac && (!mac_ || mac != mac_->link().mac);
}

bool SpeakingRouter::is_virtual(const net::IpAddress& ip) const {
  return std::any_of(all_addresses_.begin(), all_addresses_.end(),
                     [&ip](const address::VirtualAddress& one) { return one.address == ip; });
}

bool SpeakingRouter::settle_links(vrrp::Instant now) {
  if (own_link_->due() > now && tracked_.due() > now) return false;
  own_link_->settle(now);
  tracked_.settle(now);
  return true;
}

void SpeakingRouter::continue_links(const SpeakingRouter& before, vrrp::Instant now) {
  if (link_.index == before.link_.index) own_link_->continue_from(*before.own_link_, now);
  tracked_.continue_from(before.tracked_, now);
}

void SpeakingRouter::set_mac(int link, const address::Mac& mac) {
  if (link == link_.index) link_.mac = mac;
  announcer_->set_mac(link, mac);
}

}  // namespace tandem::speaker
