#pragma once

// Resumption: what the VRRP thread of one process leaves to that of the process that takes its place, so that a master
// goes on as master: no advert is missing and no address moves. Plain values, and their JSON on the way.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/address/virtual_addresses.h"
#include "control/vrrp/instance.h"

namespace tandem::speaker {

struct Resumption {
  struct Router {
    vrrp::Instant last_advert = vrrp::kNever;  ///< CLOCK_BOOTTIME; kNever: it was not master
    int weight = 0;                            ///< what its checks added to its priority
    bool unwell = false;                       ///< it asked to be replaced
    bool operator==(const Router&) const = default;
  };
  std::map<std::string, Router> routers;  ///< by name
  /// What stands in the kernel; whoever takes over removes what it is not configured to hold. Only address, prefix and
  /// link count.
  std::vector<address::VirtualAddress> held;

  bool was_master(const std::string& router) const;
};

/// Address, prefix and link of each.
boost::json::array to_json(const std::vector<address::VirtualAddress>& addresses);
/// Errors: kProtocol, kInvalid.
base::Result<std::vector<address::VirtualAddress>> addresses_of(const boost::json::value* from);

boost::json::object to_json(const Resumption& from);
/// Errors: kProtocol, naming what is missing.
base::Result<Resumption> resumption_of(const boost::json::object& from);

}  // namespace tandem::speaker
