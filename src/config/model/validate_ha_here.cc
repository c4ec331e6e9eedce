#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/model/validate_ha.h"

namespace tandem::model {
namespace {

using format::Problems;
using Interfaces = std::span<const LocalInterface>;

const LocalInterface* find(Interfaces interfaces, const std::string& name) {
  const auto at = std::ranges::find(interfaces, name, &LocalInterface::name);
  return at == interfaces.end() ? nullptr : &*at;
}

std::string names_of(Interfaces interfaces) {
  std::vector<std::string> names;
  for (const LocalInterface& each : interfaces) names.push_back(each.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Whether an address is in a subnet of the interface, other than by standing there itself.
bool holds(const LocalInterface& interface, const IpAddress& address) {
  return std::ranges::any_of(interface.addresses, [&address](const LocalInterface::Address& own) {
    return own.address != address && own.prefix < own.address.bits() && same_network(own.address, address, own.prefix);
  });
}

std::string subnets_of(Interfaces interfaces, bool v6) {
  std::vector<std::string> subnets;
  for (const LocalInterface& each : interfaces) {
    for (const LocalInterface::Address& own : each.addresses) {
      if (own.address.v6 == v6)
        subnets.push_back(fmt::format("{}/{} on {}", own.address.text(), own.prefix, each.name));
    }
  }
  return subnets.empty() ? "none" : fmt::format("{}", fmt::join(subnets, ", "));
}

class HereCheck {
 public:
  HereCheck(Interfaces interfaces, Problems& problems) : interfaces_(interfaces), problems_(problems) {}

  void check(const std::string& path, const VrrpSettings& settings) {
    const auto interface = interface_of(settings, interfaces_);
    if (!interface) {
      add(path + (settings.interface.empty() ? ".virtualAddresses" : ".interface"), interface.error().message());
    } else {
      for (const std::string& text : settings.virtualAddresses) check_subnet(path, text, *interface);
    }
    for (const std::string& text : settings.virtualAddresses) check_free(path + ".virtualAddresses", text);
    for (const std::string& text : settings.excludedAddresses) check_free(path + ".excludedAddresses", text);
    for (const std::string& text : settings.peers) {
      const auto peer = IpAddress::parse(text);
      if (const LocalInterface* own = peer ? owner_of(*peer) : nullptr)
        add(path + ".peers", fmt::format("{} is this node's own address on {}", text, own->name),
            "peers are the other nodes");
    }
    const auto source = IpAddress::parse(settings.sourceAddress);
    if (source && owner_of(*source) == nullptr)
      add(path + ".sourceAddress", fmt::format("no interface has the address {}", settings.sourceAddress));
  }

  void check_tracked(const HaTrack& track) {
    for (std::size_t i = 0; i < track.interfaces.size(); ++i)
      check_interface(fmt::format("ha.track.interfaces[{}].name", i), track.interfaces[i].name);
  }

 private:
  void add(std::string path, std::string message, std::string suggestion = {}) {
    problems_.push_back(
        {.position = {}, .path = std::move(path), .message = std::move(message), .suggestion = std::move(suggestion)});
  }

  const LocalInterface* owner_of(const IpAddress& address, bool permanent = false) const {
    for (const LocalInterface& each : interfaces_) {
      for (const LocalInterface::Address& own : each.addresses) {
        if ((own.permanent || !permanent) && own.address == address) return &each;
      }
    }
    return nullptr;
  }

  void check_interface(const std::string& path, const std::string& name) {
    if (find(interfaces_, name) == nullptr)
      add(path, fmt::format("there is no interface \"{}\"", name), names_of(interfaces_));
  }

  void check_subnet(const std::string& path, const std::string& text, const std::string& interface) {
    const auto address = parse_virtual_address(text);
    if (!address) return;
    const std::string& device = address->device.empty() ? interface : address->device;
    const LocalInterface* on = find(interfaces_, device);
    if (on == nullptr) {
      check_interface(path + ".virtualAddresses", device);
    } else if (!holds(*on, address->address)) {
      add(path + ".virtualAddresses",
          fmt::format("{} is in no subnet of {}: nobody could reach it there (subnets: {})", address->address.text(),
                      device, subnets_of(interfaces_, address->address.v6)));
    }
  }

  void check_free(const std::string& path, const std::string& text) {
    const auto address = parse_virtual_address(text);
    const LocalInterface* own = address ? owner_of(address->address, true) : nullptr;
    if (own == nullptr) return;
    add(path,
        fmt::format("{} is fixed to this node already, on {}: the other node could never take it over",
                    address->address.text(), own->name),
        "take it out of the network configuration; if it is left over: ip addr del");
  }

  Interfaces interfaces_;
  Problems& problems_;
};

}  // namespace

base::Result<std::string> interface_of(const VrrpSettings& settings, Interfaces interfaces) {
  const auto wrong = [](std::string message) { return base::Error(base::ErrorKind::kInvalid, std::move(message)); };
  if (!settings.interface.empty()) {
    if (find(interfaces, settings.interface) != nullptr) return settings.interface;
    return wrong(fmt::format("there is no interface \"{}\", only {}", settings.interface, names_of(interfaces)));
  }
  if (settings.virtualAddresses.empty()) return wrong("there is no virtual address");
  // A link-local address is in the subnet of every interface: the others tell more.
  std::vector<std::string> found;
  std::optional<IpAddress> first;
  for (const std::string& text : settings.virtualAddresses) {
    const auto address = parse_virtual_address(text);
    if (!address) return address.error();
    if (!address->device.empty()) return address->device;
    if (!first || first->is_link_local()) first = address->address;
  }
  for (const LocalInterface& each : interfaces) {
    if (holds(each, *first)) found.push_back(each.name);
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return wrong(fmt::format("{} is in no local subnet: nobody could reach it (subnets: {})", first->text(),
                             subnets_of(interfaces, first->v6)));
  }
  return wrong(fmt::format("{} is in subnets of {}: say `interface`", first->text(), fmt::join(found, " and ")));
}

Problems validate_ha_here(const HighAvailability& ha, Interfaces interfaces) {
  Problems problems;
  HereCheck check(interfaces, problems);
  for (const auto& [name, instance] : instances_of(ha))
    check.check(ha.instances.empty() ? "ha" : "ha.instances." + name, instance);
  check.check_tracked(ha.track);
  return problems;
}

}  // namespace tandem::model
