#pragma once

// The status of a node of a pair, as one JSON object: what `tandem ha status`, /api/ha and the metrics show. Made on
// the supervisor's main thread.

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "control/ha/data_plane_check.h"
#include "control/ha/speaker.h"

namespace tandem::ha {

/// What is known beside the VRRP thread's own state.
struct StatusInput {
  const std::string& node;
  const SpeakerSettings& settings;
  const Snapshot& snapshot;
  const DataPlaneVerdict& data_plane;
  /// The text of a fault by its number (FaultChanged::fault); empty when the number is unknown.
  const std::vector<std::string>& faults;
};

/// Members: node, time, master (of all instances), instances, dataPlane, timers. Times are RFC 3339 in UTC.
boost::json::object status_of(const StatusInput& input);

/// The text of a fault by its number: what `faults` says, or what the VRRP thread found itself.
std::string fault_text(std::uint8_t fault, const std::vector<std::string>& faults);

}  // namespace tandem::ha
