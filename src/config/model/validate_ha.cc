#include "config/model/validate_ha.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "config/model/command_words.h"
#include "config/model/validate_ha_tracking.h"

namespace tandem::model {
namespace {

using format::Problems;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::size_t kLongestPassword = 8;
constexpr std::size_t kMostAddressesV4 = 255;
constexpr std::size_t kMostAddressesV6 = 90;  // (1500 - 40 - 8) / 16: an advert is one packet
constexpr std::size_t kLongestInterfaceName = 15;

bool is_mac(std::string_view text) {
  if (text.size() != 17) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hexadecimal = std::string_view("0123456789abcdefABCDEF").contains(text[i]);
    if (i % 3 == 2 ? text[i] != ':' : !hexadecimal) return false;
  }
  return !std::string_view("13579bdfBDF").contains(text[1]);  // group addresses
}

/// The address of a subnet itself, or its broadcast address: nobody can hold them.
bool names_a_subnet(const VirtualAddress& address) {
  if (address.address.v6 || !address.prefix || *address.prefix == 0 || *address.prefix >= 31) return false;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 4; ++i) bits = (bits << 8U) | address.address.bytes[i];
  const std::uint32_t host = 0xffffffffU >> static_cast<unsigned>(*address.prefix);
  return (bits & host) == 0 || (bits & host) == host;
}

/// Checks one instance; collects the addresses of all.
class InstanceCheck {
 public:
  InstanceCheck(std::string path, const VrrpSettings& settings, Problems& problems)
      : path_(std::move(path)), settings_(settings), problems_(problems) {}

  void run() {
    check_addresses();
    check_numbers();
    check_interval();
    check_password();
    check_preempt();
    check_peers();
    check_virtual_mac();
    check_garp();
  }

  const std::vector<IpAddress>& addresses() const { return addresses_; }
  bool v6() const { return v6_; }

 private:
  void add(std::string_view key, std::string message, std::string suggestion = {}) {
    problems_.push_back({.position = {},
                         .path = fmt::format("{}.{}", path_, key),
                         .message = std::move(message),
                         .suggestion = std::move(suggestion)});
  }

  void check_addresses() {
    if (settings_.virtualAddresses.empty()) {
      add("virtualAddresses", "is obligatory: which address shall the master hold?",
          "virtualAddresses: [ADDRESS/PREFIX]");
    }
    check_list("virtualAddresses", settings_.virtualAddresses, true);
    const std::size_t most = v6_ ? kMostAddressesV6 : kMostAddressesV4;
    if (settings_.virtualAddresses.size() > most) {
      add("virtualAddresses",
          fmt::format("{} addresses do not fit into one advert, {} do", settings_.virtualAddresses.size(), most),
          "move the others to excludedAddresses");
    }
    check_list("excludedAddresses", settings_.excludedAddresses, false);
  }

  void check_list(const std::string& key, const std::vector<std::string>& list, bool advertised) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string element = fmt::format("{}[{}]", key, i);
      const auto parsed = parse_virtual_address(list[i]);
      if (!parsed) {
        add(element, parsed.error().message(), "ADDRESS/PREFIX");
        continue;
      }
      const IpAddress& address = parsed->address;
      if (advertised && addresses_.empty()) v6_ = address.v6;
      if (address.is_multicast() || address.bytes == IpAddress{}.bytes) {
        add(element, fmt::format("{} is no address that a host can hold", address.text()));
      } else if (names_a_subnet(*parsed)) {
        add(element, fmt::format("{} names the subnet or its broadcast address, which no host can hold", list[i]));
      }
      if (advertised && address.v6 != v6_) {
        add(element,
            fmt::format("{} and {} are of two families, and an advert holds one", addresses_.front().text(),
                        address.text()),
            "move it to excludedAddresses, or make two instances and a sync group");
      }
      if (std::ranges::find(addresses_, address) != addresses_.end()) {
        add(element, fmt::format("{} stands there twice", address.text()));
      }
      addresses_.push_back(address);
    }
  }

  void check_range(std::string_view key, std::int64_t value, std::int64_t least, std::int64_t most) {
    if (value < least || value > most) add(key, fmt::format("{} is not between {} and {}", value, least, most));
  }

  void check_numbers() {
    check_range("virtualRouterID", settings_.virtualRouterID, 1, 255);
    if (settings_.version != 2 && settings_.version != 3)
      add("version", fmt::format("VRRP has no version {}", settings_.version), "2 or 3");
    if (settings_.version == 2 && v6_) add("version", "version 2 knows no IPv6", "version: 3");
    if (settings_.version == 2 && settings_.v3ChecksumWithoutPseudoHeader)
      add("v3ChecksumWithoutPseudoHeader", "means nothing in version 2");
    check_range("priority", settings_.priority, 1, 255);
    check_range("peerPriority", settings_.peerPriority, 0, 255);
    if (settings_.peerPriority != 0 && settings_.peerPriority == settings_.priority) {
      add("priority", fmt::format("{} is the peer's priority too: nothing says who is master", settings_.priority),
          "give one of them a lower priority");
    }
    check_range("downTimerAdverts", settings_.downTimerAdverts, 1, 100);
    if (settings_.interface.size() > kLongestInterfaceName || settings_.interface.contains('/'))
      add("interface", fmt::format("\"{}\" is no name of an interface", settings_.interface));
  }

  void check_interval() {
    const nanoseconds interval = advert_interval(settings_);
    if (settings_.version == 2) {
      if (interval % seconds(1) != nanoseconds(0) || interval < seconds(1) || interval > seconds(255)) {
        add("advertInterval",
            fmt::format("version 2 sends whole seconds from 1 to 255, not {} ms: the other side would drop the adverts",
                        interval / milliseconds(1)),
            "advertInterval: 1s, or version: 3");
      }
    } else if (interval % milliseconds(10) != nanoseconds(0) || interval < milliseconds(10) ||
               interval > milliseconds(40950)) {
      add("advertInterval", fmt::format("version 3 counts hundredths of seconds, 10ms to 40.95s, not {} us",
                                        interval / std::chrono::microseconds(1)));
    }
  }

  void check_password() {
    const std::size_t length = settings_.password.value.size();
    if (length == 0) return;
    if (settings_.version != 2) {
      add("password", "version 3 has no passwords: it would protect nothing", "peerLink for real authentication");
    } else if (length > kLongestPassword) {
      add("password",
          fmt::format("{} characters, of which the packet holds {}: the rest would count for nothing", length,
                      kLongestPassword),
          "cut it to 8, on all nodes");
    }
  }

  void check_preempt() {
    const nanoseconds delay = settings_.preemptDelay.value;
    if (delay < nanoseconds(0) || delay > seconds(1000)) add("preemptDelay", "is not between 0s and 1000s");
    if (!settings_.preempt && delay != VrrpSettings{}.preemptDelay.value)
      add("preemptDelay", "delays nothing without preempt", "preempt: true");
    if (settings_.priority == 255 && !settings_.preempt) {
      add("preempt", "priority 255 says that the addresses are this node's own, and an owner always takes them back",
          "preempt: true, or a priority to 254");
    }
  }

  void check_peers() {
    const std::vector<std::string>& peers = settings_.peers;
    std::optional<IpAddress> source;
    if (!settings_.sourceAddress.empty()) {
      source = IpAddress::parse(settings_.sourceAddress);
      if (!source)
        add("sourceAddress", fmt::format("\"{}\" is no IP address", settings_.sourceAddress));
      else
        check_host("sourceAddress", *source);
    }
    std::set<IpAddress> seen;
    for (std::size_t i = 0; i < peers.size(); ++i) {
      const std::string key = fmt::format("peers[{}]", i);
      const auto peer = IpAddress::parse(peers[i]);
      if (!peer) {
        add(key, fmt::format("\"{}\" is no IP address", peers[i]), "the other node's own address, no port");
        continue;
      }
      check_host(key, *peer);
      if (!seen.insert(*peer).second) add(key, fmt::format("{} stands there twice", peers[i]));
      if (source && *peer == *source)
        add(key, fmt::format("{} is this node's own sourceAddress", peers[i]), "peers are the other nodes");
    }
    check_range("unicastTTL", settings_.unicastTTL, 1, 255);
    check_range("minTTL", settings_.minTTL, 0, 255);
    check_range("maxTTL", settings_.maxTTL, 0, 255);
    if (settings_.minTTL > settings_.maxTTL)
      add("minTTL", fmt::format("{} is above maxTTL {}: no advert would count", settings_.minTTL, settings_.maxTTL));
    const VrrpSettings defaults;
    const bool limited = settings_.unicastTTL != defaults.unicastTTL || settings_.minTTL != defaults.minTTL ||
                         settings_.maxTTL != defaults.maxTTL;
    if (peers.empty() && limited)
      add("peers", "limits of the TTL are for unicast, and without peers adverts are multicast with TTL 255");
  }

  /// Peers and sources are addresses of hosts, of the instance's family, and not those that move.
  void check_host(const std::string& key, const IpAddress& address) {
    const std::string text = address.text();
    if (address.is_multicast()) add(key, fmt::format("{} is a multicast address", text));
    if (!addresses_.empty() && address.v6 != v6_)
      add(key, fmt::format("{} is of another family than {}", text, addresses_.front().text()));
    if (std::ranges::find(addresses_, address) != addresses_.end())
      add(key, fmt::format("{} is a virtual address: it does not belong to one node", text));
  }

  void check_virtual_mac() {
    if (!settings_.virtualMac) return;
    const VirtualMac& mac = *settings_.virtualMac;
    if (!mac.address.empty() && !is_mac(mac.address))
      add("virtualMac.address", fmt::format("\"{}\" is no MAC address of a host", mac.address), "02:00:00:00:00:01");
    if (mac.name.size() > kLongestInterfaceName) add("virtualMac.name", "is longer than 15");
    if (mac.name == "." || mac.name == ".." || mac.name.find_first_of("/: \t") != std::string::npos)
      add("virtualMac.name", fmt::format("\"{}\" is no name of an interface", mac.name));
    if (!mac.name.empty() && mac.name == settings_.interface)
      add("virtualMac.name", fmt::format("{} is the interface that it lies above", mac.name));
    if (!settings_.peers.empty() && !mac.sendFromParent)
      add("virtualMac.sendFromParent", "unicast adverts must come from the interface's own address",
          "sendFromParent: true");
  }

  void check_garp() {
    const GarpSettings& garp = settings_.garp;
    check_range("garp.repeat", garp.repeat, 1, 255);
    check_range("garp.refreshRepeat", garp.refreshRepeat, 1, 255);
    check_range("garp.lowerPriorityRepeat", garp.lowerPriorityRepeat, 0, 255);
    const auto not_negative = [this](std::string_view key, const format::Duration& duration) {
      if (duration.value < nanoseconds(0)) add(key, "must not be negative");
    };
    not_negative("garp.delay", garp.delay);
    not_negative("garp.refresh", garp.refresh);
    not_negative("garp.lowerPriorityDelay", garp.lowerPriorityDelay);
    not_negative("garp.interval", garp.interval);
    if (garp.interval.value > seconds(1)) add("garp.interval", "a gap of more than 1s would keep clients waiting");
  }

  std::string path_;
  const VrrpSettings& settings_;
  Problems& problems_;
  std::vector<IpAddress> addresses_;
  bool v6_ = false;
};

/// Instances share nothing that would make them each other's opponents.
class InstancesCheck {
 public:
  InstancesCheck(const HighAvailability& ha, Problems& problems) : ha_(ha), problems_(problems) {}

  void run() {
    if (!ha_.instances.empty() && static_cast<const VrrpSettings&>(ha_) != VrrpSettings{}) {
      add("ha.instances", "keys of one virtual router stand in ha itself as well",
          "move them into the instances they belong to");
    }
    for (const auto& [name, instance] : instances_of(ha_)) {
      const std::string path = ha_.instances.empty() ? "ha" : "ha.instances." + name;
      InstanceCheck check(path, instance, problems_);
      check.run();
      for (const IpAddress& address : check.addresses()) {
        const auto [known, fresh] = addresses_.emplace(address, path);
        if (!fresh && known->second != path)
          add(path + ".virtualAddresses", fmt::format("{} belongs to {} too", address.text(), known->second));
      }
      check_router_id(path, instance, check.v6());
      check_virtual_mac(path, instance);
      check_tracking(ha_, {.path = path, .name = name, .settings = instance}, problems_);
    }
    check_groups();
  }

 private:
  void add(std::string path, std::string message, std::string suggestion = {}) {
    problems_.push_back(
        {.position = {}, .path = std::move(path), .message = std::move(message), .suggestion = std::move(suggestion)});
  }

  void check_router_id(const std::string& path, const VrrpSettings& settings, bool v6) {
    const std::string where = fmt::format("{}/{}/{}", settings.interface, v6 ? 6 : 4, settings.virtualRouterID);
    const auto [known, fresh] = routers_.emplace(where, path);
    if (!fresh) {
      add(path + ".virtualRouterID",
          fmt::format("{} is that of {} on the same interface", settings.virtualRouterID, known->second),
          "each instance needs its own");
    }
  }

  void check_virtual_mac(const std::string& path, const VrrpSettings& settings) {
    if (!settings.virtualMac || settings.virtualMac->name.empty()) return;
    const auto [known, fresh] = virtual_macs_.emplace(settings.virtualMac->name, path);
    if (!fresh) {
      add(path + ".virtualMac.name", fmt::format("{} is that of {} already", settings.virtualMac->name, known->second));
    }
  }

  void check_groups() {
    std::map<std::string, std::string> member_of;
    for (const auto& [name, group] : ha_.syncGroups) {
      const std::string path = fmt::format("ha.syncGroups.{}.instances", name);
      if (group.instances.size() < 2) add(path, "a group has at least two instances");
      for (const std::string& instance : group.instances) {
        if (!ha_.instances.contains(instance)) {
          add(path, fmt::format("there is no instance \"{}\"", instance));
        } else if (const auto [known, fresh] = member_of.emplace(instance, name); !fresh) {
          add(path, fmt::format("\"{}\" is in group {} already", instance, known->second));
        }
      }
    }
  }

  const HighAvailability& ha_;
  Problems& problems_;
  std::map<IpAddress, std::string> addresses_;
  std::map<std::string, std::string> routers_;
  std::map<std::string, std::string> virtual_macs_;
};

}  // namespace

Problems validate_ha(const HighAvailability& ha) {
  Problems problems;
  InstancesCheck(ha, problems).run();
  check_node(ha, problems);
  return problems;
}

}  // namespace tandem::model
