#pragma once

// The section `ha` that the second node of a pair needs, made from the first one's. Pure; any thread.

#include <string>

#include "config/format/value.h"
#include "config/model/static_configuration.h"

namespace tandem::app {

/// What the first node offers: its own section without what is its own (names, addresses, keys), with priorities a
/// little lower where it is meant to be master (of several virtual routers: where its own is the highest) and higher
/// elsewhere, and without what is default anyway. Lists of peers hold what the first node has.
format::Value ha_offer(const model::StaticConfiguration& first);

/// The offer as section for the node that joined: unicast adverts go to `peer_host`, the peer link to `peer_address`.
format::Value ha_section(format::Value offer, const std::string& peer_host, const std::string& peer_address);

}  // namespace tandem::app
