#pragma once

// What can happen to an instance. Made by the VRRP thread out of sockets, timers, netlink and messages of the control
// side; handed over by value and not kept.

#include <cstdint>
#include <variant>

#include "control/vrrp/ip.h"
#include "control/vrrp/packet.h"
#include "control/vrrp/state.h"
#include "control/vrrp/timing.h"

namespace tandem::vrrp {

/// The beginning; before it only faults, weights, readiness and witnesses are noted.
struct Start {};
/// The beginning after an instance before this one, in a process that made way for this: it was master until now.
struct Resume {
  /// When that one sent its last advert, on the same clock.
  Instant last_advert{};
};
struct AdvertReceived {
  Ip source;
  std::uint8_t priority = 0;
  Duration interval{};
  bool addresses_match = true;

  static AdvertReceived from(const Received& received) {
    return {received.source, received.priority, received.interval, received.addresses_match};
  }
};
/// A packet of this virtual router that was not taken: counted and reported, it changes no timer.
struct AdvertRefused {
  Refusal why{};
};
/// next_deadline() has come. Packets that wait in the socket are to be handed over before it.
struct TimeReached {};
/// The sum of all weights that tracked things add to the priority, negative or positive.
struct WeightChanged {
  int total = 0;
};
/// Something that stands between this node and serving at all.
struct FaultChanged {
  /// 0 to 61, given by the health side; it comes back in Action::fault.
  std::uint8_t fault = 0;
  bool present = false;
};
/// Unwell but able to serve: the priority is the lowest there is, so that anybody who is well takes over.
struct UnwellChanged {
  bool unwell = false;
};
/// Configuration loaded, listeners bound, revision not older than the master's. A node that is not ready leaves a
/// living master alone; a dead one it replaces all the same.
struct ReadyChanged {
  bool ready = false;
};
/// Somebody else took an address of ours from the interface.
struct AddressRemoved {};
/// Another machine answers, or ceased to answer, for an address that we hold.
struct ConflictChanged {
  bool present = false;
};
/// The process noticed by itself that it was away for so long.
struct Paused {
  Duration gap{};
};

/// What is known beside adverts. Handed over whole whenever a part changes.
struct Witness {
  /// kReset: the other side's kernel ended the connection, so its process is gone.
  enum class Link : std::uint8_t { kNone, kDown, kReset, kUpElsewhere, kUpOnService };
  /// kUnfit: cannot serve and has let go of the addresses.
  enum class Peer : std::uint8_t { kSilent, kMaster, kUnfit, kNotMaster };
  enum class Arp : std::uint8_t { kUnknown, kAnswered, kSilent };
  enum class Gateway : std::uint8_t { kNone, kReachable, kUnreachable };

  Link link = Link::kNone;
  Peer peer = Peer::kSilent;
  /// Whether somebody answers for the addresses; unknown until a probe after the last kProbeAddresses was answered or
  /// timed out.
  Arp arp = Arp::kUnknown;
  Gateway gateway = Gateway::kNone;
  /// No third node exists: nobody else can take over at the same moment.
  bool sole_peer = true;
  /// With kMaster what the peer's adverts say, so that of two masters that hear each other over the link alone one
  /// steps down. Priority 0: not known.
  std::uint8_t peer_priority = 0;
  Ip peer_source;

  bool link_up() const { return link == Link::kUpElsewhere || link == Link::kUpOnService; }
};
struct WitnessChanged {
  Witness witness;
};

/// Planned switch-over, on the master: hand over to a successor that is ready. Ends when the successor is heard, or
/// after `limit` as master again.
struct Yield {
  Ip successor;
  Duration limit = std::chrono::seconds(1);
};
/// Planned switch-over, on the successor after the master yields: become master at once. Adverts of `predecessor` do
/// not count for `limit`.
struct Take {
  Ip predecessor;
  Duration limit = std::chrono::seconds(1);
  /// The predecessor goes on serving its open connections: their segments are handed on to it. (Whoever carries out the
  /// actions looks at this; the state machine does not.)
  bool forward = true;
};
/// On: takes no part; a master lets go (so it should have yielded before).
struct MaintenanceChanged {
  bool on = false;
};
struct Stop {};

using Event = std::variant<Start, Resume, AdvertReceived, AdvertRefused, TimeReached, WeightChanged, FaultChanged,
                           UnwellChanged, ReadyChanged, AddressRemoved, ConflictChanged, Paused, WitnessChanged, Yield,
                           Take, MaintenanceChanged, Stop>;

}  // namespace tandem::vrrp
