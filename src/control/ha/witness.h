#pragma once

// What the peer link says about the other nodes, in the words of the state machine (vrrp::Witness). Pure; the
// supervisor's loop calls it.

#include <vector>

#include "control/peer/peer_link.h"
#include "control/speaker/speaker.h"

namespace tandem::ha {

/// What the peers together mean for one virtual router. `now` and `peer::PeerLink::Peer::heard` are of one clock.
vrrp::Witness witness_of(const std::vector<peer::PeerLink::Peer>& peers, const speaker::RouterSettings& router);

/// The instance with this router's virtual router ID and family in what a peer told; null when there is none.
const boost::json::object* instance_in(const boost::json::object& status, const speaker::RouterSettings& router);

/// The name of a peer that could take a router over at once: up, its data plane well, backup of it and not in
/// maintenance; one that is unwell itself (it has priority 1) only for a node that is no better. Empty when there is
/// none; `why` says then what stands against each.
std::string successor_for(const std::vector<peer::PeerLink::Peer>& peers, const speaker::RouterSettings& router,
                          std::uint8_t own_priority, std::string& why);

}  // namespace tandem::ha
