#pragma once

// The arithmetic of VRRP's timers (RFC 9568 §6.1, RFC 3768 §6.1), exact in whole nanoseconds. Any thread; no state.
//
// Time is handed in by the caller as nanoseconds of one clock that never goes back and goes on while the machine sleeps
// (CLOCK_BOOTTIME): a suspended master must notice that it was away.

#include <chrono>
#include <cstdint>

namespace tandem::vrrp {

enum class Version : std::uint8_t { kV2 = 2, kV3 = 3 };

/// A point of the caller's clock.
using Instant = std::chrono::nanoseconds;
using Duration = std::chrono::nanoseconds;

/// "No deadline".
inline constexpr Instant kNever = Instant::max();

/// What a backup of this effective priority waits longer than one of priority 256 would: in version 2 a fraction of one
/// second whatever the interval, in version 3 the same fraction of the master's interval.
constexpr Duration skew(Version version, unsigned priority, Duration master_interval) {
  const Duration unit = version == Version::kV2 ? Duration(std::chrono::seconds(1)) : master_interval;
  return unit * static_cast<std::int64_t>(256 - priority) / 256;
}

/// The silence after which a backup takes the master for dead. `adverts` is keepalived's down_timer_adverts (3 in the
/// RFC).
constexpr Duration master_down(Version version, unsigned priority, Duration master_interval, unsigned adverts = 3) {
  return master_interval * static_cast<std::int64_t>(adverts) + skew(version, priority, master_interval);
}

}  // namespace tandem::vrrp
