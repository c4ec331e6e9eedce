#pragma once

// Wall-clock time and its texts: what logs and the HTTP Date field show. Monotonic time for deadlines is the loop's
// (engine/loop). Any thread; no state.

#include <chrono>
#include <string>

namespace tandem::base {

using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Now, exact to a scheduler tick (some milliseconds) and cheap: what logs need. CLOCK_REALTIME_COARSE.
WallTime wall_now();
/// "2006-01-02T15:04:05+01:00" in the machine's zone, "Z" for UTC (RFC 3339).
std::string rfc3339_text(WallTime time);
/// "Mon, 02 Jan 2006 15:04:05 GMT" (RFC 9110 §5.6.7).
std::string http_date_text(WallTime time);

}  // namespace tandem::base
