#include "app/supervisor/ha_on_this_host.h"

#include "config/model/validate_ha.h"
#include "control/address/host_links.h"

namespace tandem::supervisor {

format::Problems ha_problems_on_this_host(const model::HighAvailability& ha) {
  const auto links = address::HostLinks::read();
  if (!links) {
    return {{.position = {},
             .path = "ha",
             .message = "the interfaces cannot be read: " + links.error().text(),
             .suggestion = {}}};
  }
  std::vector<model::LocalInterface> interfaces;
  for (const address::HostLink& link : links->all()) {
    model::LocalInterface& interface = interfaces.emplace_back();
    interface.name = link.name;
    for (const address::HostAddress& own : link.addresses) {
      const model::IpAddress address{.v6 = !own.address.is_v4(), .bytes = own.address.bytes()};
      interface.addresses.push_back({.address = address, .prefix = own.prefix, .permanent = own.permanent});
    }
  }
  return model::validate_ha_here(ha, interfaces);
}

}  // namespace tandem::supervisor
