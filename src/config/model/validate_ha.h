#pragma once

// What is wrong with the section `ha` although every key of it is known: what would make two masters, no master, or a
// check that changes nothing. Any thread; no state, no I/O.

#include <span>
#include <string>
#include <vector>

#include "config/format/decode.h"
#include "config/model/high_availability.h"
#include "config/model/virtual_address.h"

namespace tandem::model {

/// What makes the start impossible on any host. Paths begin with "ha".
format::Problems validate_ha(const HighAvailability& ha);

/// What is allowed and most likely not meant.
format::Problems ha_warnings(const HighAvailability& ha);

/// An interface of the host that a configuration is checked for.
struct LocalInterface {
  struct Address {
    IpAddress address;
    int prefix = 0;
    bool permanent = true;  ///< Set by the network configuration; false for leases: DHCP's, and virtual addresses.
  };
  std::string name;
  std::vector<Address> addresses;
};

/// What makes the start impossible on this host: interfaces and source addresses that are not there, virtual addresses
/// outside of every subnet or fixed to the host, peers that are the host itself. Expects a section without problems.
format::Problems validate_ha_here(const HighAvailability& ha, std::span<const LocalInterface> interfaces);

/// The interface that carries an instance's adverts: the configured one, else the one whose subnet holds the first
/// address; the error says which subnets there are.
base::Result<std::string> interface_of(const VrrpSettings& settings, std::span<const LocalInterface> interfaces);

}  // namespace tandem::model
