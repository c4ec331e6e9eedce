#pragma once

// keepalived's dumps, for exporters and scripts that read them: /tmp/keepalived.data, .stats and .json. Supervisor's
// main thread.

#include <boost/json/array.hpp>
#include <string>

#include "base/result.h"
#include "control/speaker/speaker.h"

namespace tandem::ha {

/// What keepalived writes as JSON: one element an instance, with the members of version 2.2.7, the password left out.
boost::json::array keepalived_json(const speaker::SpeakerSettings& settings, const speaker::Snapshot& snapshot);
/// The same as text for people: everything, or the counters alone.
std::string keepalived_text(const speaker::SpeakerSettings& settings, const speaker::Snapshot& snapshot,
                            bool counters_only);

/// Writes the file that `signal` asks for: SIGUSR2 the statistics, SIGRTMIN+2 the JSON, SIGRTMAX-1 the statistics as
/// well (they are not begun anew: the metrics are counters). Replaced atomically, mode 0600, as keepalived does.
base::Result<void> write_keepalived_dump(int signal, const speaker::SpeakerSettings& settings,
                                         const speaker::Snapshot& snapshot);

}  // namespace tandem::ha
