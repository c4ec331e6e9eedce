#pragma once

// The status of a node of a pair, as one JSON object: what `tandem ha status`, /api/ha and the metrics show. Made on
// the supervisor's main thread.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <deque>
#include <string>
#include <vector>

#include "control/ha/data_plane_check.h"
#include "control/hooks/transitions.h"
#include "control/peer/peer_link.h"
#include "control/speaker/speaker.h"

namespace tandem::ha {

/// What is known beside the VRRP thread's own state.
struct StatusInput {
  const std::string& node;
  const speaker::SpeakerSettings& settings;
  const speaker::Snapshot& snapshot;
  vrrp::Instant now;  ///< CLOCK_BOOTTIME, as in the snapshot
  const DataPlaneVerdict& data_plane;
  /// The text of a fault by its number (FaultChanged::fault); empty when the number is unknown.
  const std::vector<std::string>& faults;
};

/// Members: node, time, holdsAllAddresses, instances, dataPlane, gateway, leaseFresh, timers. Times are RFC 3339 in
/// UTC.
boost::json::object status_of(const StatusInput& input);

/// The other nodes as the peer link sees them, each with what it told last.
boost::json::array peers_status(const std::vector<peer::PeerLink::Peer>& peers);
/// The last transitions, at most `most`; the oldest is first.
boost::json::array transitions_status(const std::deque<hooks::Transition>& transitions, std::size_t most);

/// The text of a fault by its number: what `faults` says, or what the VRRP thread found itself.
std::string fault_text(std::uint8_t fault, const std::vector<std::string>& faults);

}  // namespace tandem::ha
