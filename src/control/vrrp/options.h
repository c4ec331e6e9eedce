#pragma once

// What one virtual router is configured to do. Filled before the VRRP thread runs, then owned by its Instance and never
// changed. Names in brackets are keepalived's.

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "control/vrrp/ip.h"
#include "control/vrrp/timing.h"

namespace tandem::vrrp {

/// The priority of a node that owns the addresses: never changed by health.
inline constexpr std::uint8_t kOwnerPriority = 255;
/// The priority of a node that is unwell: it asks to be replaced.
inline constexpr std::uint8_t kLowestPriority = 1;

/// When neighbours are told where the addresses are: gratuitous ARP and unsolicited neighbour advertisements.
struct Announcements {
  std::uint8_t repeat = 5;                   // packets an address, at once [garp_master_repeat]
  Duration delay = std::chrono::seconds(5);  // until the same again, 0: not [garp_master_delay]
  Duration refresh{};                        // again and again while master, 0: not [garp_master_refresh]
  std::uint8_t refresh_repeat = 1;           // [garp_master_refresh_repeat]
  std::uint8_t lower_priority_repeat = 5;    // after a second master was heard [garp_lower_prio_repeat]
  Duration lower_priority_delay = std::chrono::seconds(5);  // the last of them, 0: not [garp_lower_prio_delay]
};

/// So many unplanned transitions within `window` are flapping: no automatic fail-back before `hold` has passed.
struct Damping {
  std::uint32_t transitions = 3;  // 0: never
  Duration window = std::chrono::seconds(60);
  Duration hold = std::chrono::seconds(60);
};

struct Options {
  Version version = Version::kV3;
  Family family = Family::kIpv4;
  std::uint8_t vrid = 51;
  std::uint8_t priority = 100;
  /// Decides between masters of equal priority.
  Ip source;
  /// In the order in which they are advertised; all of `family`.
  std::vector<Ip> addresses;
  bool unicast = false;
  /// Between two adverts: whole seconds in version 2, 10 ms to 40.95 s in steps of 10 ms in version 3.
  Duration interval = std::chrono::milliseconds(50);
  /// Takes over from a living master of lower priority.
  bool preempt = false;
  /// How long a lower master must have been heard before. A dead master is not waited for.
  Duration preempt_delay{};
  std::uint8_t down_timer_adverts = 3;
  Announcements announcements;
  Damping damping;
  /// Stays in INIT at least so long.
  Duration start_delay{};
  /// Stays in INIT until the first ReadyChanged.
  bool wait_for_ready = false;
  /// A master that sees neither gateway nor peer lets go after so long; 0: never.
  Duration isolation_release{};
  /// Fail-back is asked for over the peer link, where that is up, instead of being taken.
  bool ask_before_preempt = false;
};

/// An error names the option and says what is allowed.
base::Result<void> validate(const Options& options);

}  // namespace tandem::vrrp
