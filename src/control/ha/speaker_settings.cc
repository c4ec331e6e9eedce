#include "control/ha/speaker_settings.h"

#include <linux/rtnetlink.h>

#include <charconv>
#include <fstream>
#include <set>

#include "config/model/virtual_address.h"
#include "control/address/host_links.h"
#include "control/speaker/ip_forms.h"

namespace tandem::ha {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

template <class To>
To narrow(std::int64_t value) {
  return static_cast<To>(value);  // validated with the configuration
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

net::IpAddress address_of(const model::IpAddress& from) { return *net::IpAddress::parse(from.text()); }

std::uint8_t scope_of(const std::string& name) {
  if (name.empty() || name == "global") return RT_SCOPE_UNIVERSE;
  if (name == "site") return RT_SCOPE_SITE;
  if (name == "link") return RT_SCOPE_LINK;
  if (name == "host") return RT_SCOPE_HOST;
  unsigned number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return static_cast<std::uint8_t>(number);
}

/// The prefix of the subnet on `link` that holds `address`; a host's when there is none.
std::uint8_t prefix_of_subnet(const address::HostLink& link, const net::IpAddress& address) {
  int longest = 0;
  for (const address::HostAddress& own : link.addresses) {
    if (own.address.is_v4() == address.is_v4() && own.address != address &&
        address::same_subnet(own.address, address, own.prefix)) {
      longest = std::max(longest, static_cast<int>(own.prefix));
    }
  }
  if (longest > 0) return static_cast<std::uint8_t>(longest);
  return address.is_v4() ? 32 : 128;
}

/// Of "00:00:5e:00:01:33"; all zero when nothing is said.
address::Mac mac_of(const std::string& text) {
  address::Mac mac{};
  for (std::size_t i = 0; i < mac.size() && 3 * i + 2 <= text.size(); ++i) {
    std::from_chars(text.data() + 3 * i, text.data() + 3 * i + 2, mac.at(i), 16);
  }
  return mac;
}

net::IpAddress broadcast_of(const net::IpAddress& address, int prefix) {
  const auto& bytes = address.bytes();
  const std::uint32_t word = static_cast<std::uint32_t>(bytes[0]) << 24U | static_cast<std::uint32_t>(bytes[1]) << 16U |
                             static_cast<std::uint32_t>(bytes[2]) << 8U | bytes[3];
  const std::uint32_t all = prefix >= 32 ? word : word | (~std::uint32_t{0} >> static_cast<unsigned>(prefix));
  return *net::IpAddress::parse(
      fmt::format("{}.{}.{}.{}", all >> 24U, all >> 16U & 255U, all >> 8U & 255U, all & 255U));
}

/// The gateway of the default route over IPv4 (/proc/net/route); nothing when there is none.
std::optional<net::IpAddress> default_gateway() {
  std::ifstream routes("/proc/net/route");
  std::string line;
  while (std::getline(routes, line)) {
    std::array<char, 64> link{};
    unsigned destination = 1;
    unsigned gateway = 0;
    if (std::sscanf(line.c_str(), "%63s %x %x", link.data(), &destination, &gateway) != 3) continue;
    if (destination != 0 || gateway == 0) continue;
    return net::IpAddress::parse(
        fmt::format("{}.{}.{}.{}", gateway & 255U, gateway >> 8U & 255U, gateway >> 16U & 255U, gateway >> 24U));
  }
  return std::nullopt;
}

class Builder {
 public:
  Builder(const model::HighAvailability& configuration, const address::HostLinks& links)
      : configuration_(configuration), links_(links) {}

  Result<speaker::SpeakerSettings> build() {
    for (const auto& [name, instance] : model::instances_of(configuration_)) {
      for (const std::string& text : instance.virtualAddresses) note_virtual(text);
      for (const std::string& text : instance.excludedAddresses) note_virtual(text);
    }
    for (const auto& [name, instance] : model::instances_of(configuration_)) {
      Result<speaker::RouterSettings> router = build_router(name, instance);
      if (!router) return std::move(router.error()).wrapped("ha, instance " + name);
      settings_.routers.push_back(std::move(*router));
    }
    for (const auto& [group, members] : configuration_.syncGroups) {
      for (speaker::RouterSettings& router : settings_.routers) {
        if (contains(members.instances, router.name)) router.group = group;
      }
    }
    settings_.lease.valid = std::chrono::ceil<std::chrono::seconds>(configuration_.lease.value);
    settings_.drain = std::chrono::ceil<std::chrono::seconds>(configuration_.drainTimeout.value);
    // Planned switch-overs need the link.
    settings_.forward_connections = configuration_.forwardConnections && configuration_.peerLink.has_value();
    settings_.realtime_priority = narrow<int>(configuration_.realTimePriority);
    settings_.lock_memory = configuration_.lockMemory;
    return std::move(settings_);
  }

 private:
  void note_virtual(const std::string& text) {
    if (const auto parsed = model::parse_virtual_address(text)) virtual_ones_.push_back(address_of(parsed->address));
  }

  Result<address::VirtualAddress> build_address(const std::string& text, const std::string& interface) const {
    const Result<model::VirtualAddress> parsed = model::parse_virtual_address(text);
    if (!parsed) return parsed.error();
    address::VirtualAddress built;
    built.address = address_of(parsed->address);
    const std::string& device = parsed->device.empty() ? interface : parsed->device;
    const Result<address::HostLink> link =
        device.empty() ? links_.by_subnet(built.address, virtual_ones_) : links_.by_name(device);
    if (!link) return link.error();
    built.link = link->index;
    built.link_name = link->name;
    built.prefix = parsed->prefix ? narrow<std::uint8_t>(*parsed->prefix) : prefix_of_subnet(*link, built.address);
    built.label = parsed->label;
    built.scope = scope_of(parsed->scope);
    if (parsed->broadcast) built.broadcast = address_of(*parsed->broadcast);
    if (parsed->default_broadcast) built.broadcast = broadcast_of(built.address, built.prefix);
    built.tracked = parsed->tracked;
    return built;
  }

  /// Those of the instance's interface go to the one with the virtual MAC, which does not exist yet.
  static void move_home(std::vector<address::VirtualAddress>& addresses, const std::string& interface) {
    for (address::VirtualAddress& one : addresses) {
      if (one.link_name != interface) continue;
      one.link = 0;
      one.link_name.clear();
    }
  }

  Result<speaker::RouterSettings> build_router(const std::string& name, const model::VrrpInstance& from) const {
    speaker::RouterSettings to;
    to.name = name;
    to.interface = from.interface;
    for (const std::string& text : from.virtualAddresses) {
      Result<address::VirtualAddress> address = build_address(text, from.interface);
      if (!address) return std::move(address.error()).wrapped("virtualAddresses: " + text);
      if (to.interface.empty()) to.interface = address->link_name;
      to.virtual_addresses.push_back(std::move(*address));
    }
    for (const std::string& text : from.excludedAddresses) {
      Result<address::VirtualAddress> address = build_address(text, to.interface);
      if (!address) return std::move(address.error()).wrapped("excludedAddresses: " + text);
      to.excluded_addresses.push_back(std::move(*address));
    }
    to.options = build_options(from, to.virtual_addresses);
    if (!from.password.value.empty()) to.authentication = vrrp::Authentication::with_password(from.password.value);
    if (from.v3ChecksumWithoutPseudoHeader) to.checksum = vrrp::ChecksumForm::kWithoutPseudoHeader;
    for (const std::string& peer : from.peers) {
      const auto address = net::IpAddress::parse(peer);
      if (!address) return Error(ErrorKind::kInvalid, "peers: not an IP address: " + peer);
      to.peers.push_back({.address = speaker::vrrp_ip(*address),
                          .min_ttl = narrow<std::uint8_t>(from.minTTL),
                          .max_ttl = narrow<std::uint8_t>(from.maxTTL)});
    }
    to.unicast_ttl = narrow<std::uint8_t>(from.unicastTTL);
    to.announce_gap = std::chrono::duration_cast<std::chrono::microseconds>(from.garp.interval.value);
    track_interfaces(to);
    if (from.virtualMac) {
      to.virtual_mac = {.name = from.virtualMac->name, .mac = mac_of(from.virtualMac->address)};
      to.send_from_parent = from.virtualMac->sendFromParent;
      move_home(to.virtual_addresses, to.interface);
      move_home(to.excluded_addresses, to.interface);
    }
    return to;
  }

  void track_interfaces(speaker::RouterSettings& router) const {
    const bool weights_count = model::weights_count(configuration_, router.name);
    for (const model::TrackedInterface& tracked : configuration_.track.interfaces) {
      // Delays are the interface's, whoever tracks it.
      if (tracked.name == router.interface) {
        // A backup takes over when it hears nothing for longer; then this node must not be master any more.
        const auto patience = (router.options.down_timer_adverts - 1) * router.options.interval;
        router.interface_up_delay = tracked.upDelay.value;
        router.interface_down_delay = std::min(tracked.downDelay.value, patience);
      }
      if (!tracked.instances.empty() && !contains(tracked.instances, router.name)) continue;
      router.tracked_interfaces.push_back({.name = tracked.name,
                                           .weight = weights_count ? narrow<int>(tracked.weight) : 0,
                                           .reverse = tracked.reverse,
                                           .up_delay = tracked.upDelay.value,
                                           .down_delay = tracked.downDelay.value});
    }
    // The router's own interface is fatal anyway.
    std::erase_if(router.tracked_interfaces, [&router](const hooks::TrackedLink& one) {
      return one.name == router.interface && one.weight == 0 && !one.reverse;
    });
    for (const auto* list : {&router.virtual_addresses, &router.excluded_addresses}) {
      for (const address::VirtualAddress& one : *list) {
        if (one.tracked && one.link_name != router.interface) track_address(router, one.link_name);
      }
    }
  }

  /// An address whose interface is down is reached by nobody, as if it were the router's own [no_track: as is].
  void track_address(speaker::RouterSettings& router, const std::string& interface) const {
    hooks::TrackedLink link{.name = interface};
    for (const hooks::TrackedLink& one : router.tracked_interfaces) {
      if (one.name == interface && one.weight == 0 && !one.reverse) return;
    }
    for (const model::TrackedInterface& tracked : configuration_.track.interfaces) {
      if (tracked.name != interface) continue;
      link.up_delay = tracked.upDelay.value;
      link.down_delay = tracked.downDelay.value;
    }
    router.tracked_interfaces.push_back(std::move(link));
  }

  vrrp::Options build_options(const model::VrrpInstance& from,
                              const std::vector<address::VirtualAddress>& addresses) const {
    vrrp::Options to;
    to.version = from.version == 2 ? vrrp::Version::kV2 : vrrp::Version::kV3;
    to.family = addresses.front().address.is_v4() ? vrrp::Family::kIpv4 : vrrp::Family::kIpv6;
    to.vrid = narrow<std::uint8_t>(from.virtualRouterID);
    to.priority = narrow<std::uint8_t>(from.priority);
    if (const auto source = net::IpAddress::parse(from.sourceAddress)) to.source = speaker::vrrp_ip(*source);
    to.unicast = !from.peers.empty();
    to.interval = model::advert_interval(from);
    to.preempt = from.preempt;
    if (from.preempt) to.preempt_delay = from.preemptDelay.value;
    to.down_timer_adverts = narrow<std::uint8_t>(from.downTimerAdverts);
    to.announcements = {.repeat = narrow<std::uint8_t>(from.garp.repeat),
                        .delay = from.garp.delay.value,
                        .refresh = from.garp.refresh.value,
                        .refresh_repeat = narrow<std::uint8_t>(from.garp.refreshRepeat),
                        .lower_priority_repeat = narrow<std::uint8_t>(from.garp.lowerPriorityRepeat),
                        .lower_priority_delay = from.garp.lowerPriorityDelay.value};
    to.damping = {.transitions = narrow<std::uint32_t>(configuration_.damping.transitions),
                  .window = configuration_.damping.window.value,
                  .hold = configuration_.damping.hold.value};
    to.start_delay = configuration_.startupDelay.value;
    to.wait_for_ready = true;
    to.ask_before_preempt = configuration_.peerLink.has_value();
    if (configuration_.track.gateway.enabled) to.isolation_release = configuration_.track.gateway.releaseAfter.value;
    return to;
  }

  const model::HighAvailability& configuration_;
  const address::HostLinks& links_;
  std::vector<net::IpAddress> virtual_ones_;
  speaker::SpeakerSettings settings_;
};

}  // namespace

Result<speaker::SpeakerSettings> speaker_settings(const model::HighAvailability& configuration) {
  const Result<address::HostLinks> links = address::HostLinks::read();
  if (!links) return links.error();
  Result<speaker::SpeakerSettings> settings = Builder(configuration, *links).build();
  if (!settings) return settings;
  const model::TrackedGateway& gateway = configuration.track.gateway;
  if (gateway.enabled) {
    const auto address = gateway.address.empty() ? default_gateway() : net::IpAddress::parse(gateway.address);
    if (address) settings->gateway = *address;
  }
  return settings;
}

}  // namespace tandem::ha
