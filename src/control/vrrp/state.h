#pragma once

// The words of the state machine: states, reasons, problems. Any thread; no state of its own.

#include <cstdint>
#include <string_view>

namespace tandem::vrrp {

/// keepalived's numbers; kYielding is ours.
enum class State : std::uint8_t {
  kInit = 0,
  kBackup = 1,
  kMaster = 2,
  kFault = 3,
  kYielding = 4,  // still master to the network, while a chosen successor takes over
  kStopped = 98,
};

/// "INIT", "BACKUP", "MASTER", "FAULT", "YIELDING", "STOP".
[[nodiscard]] std::string_view name_of(State state);
/// For keepalived's JSON: a yielding node is a master there.
[[nodiscard]] constexpr int keepalived_number(State state) {
  return state == State::kYielding ? static_cast<int>(State::kMaster) : static_cast<int>(state);
}

/// Why a transition took place.
enum class Reason : std::uint8_t {
  kStarted,         // the start, or the end of the wait after it
  kOwner,           // priority 255 does not wait
  kMasterSilent,    // the down timer ended
  kMasterResigned,  // priority 0, then the skew
  kLowerMaster,     // preempted a master of lower priority
  kPeerUnfit,       // the peer said that it cannot serve
  kHigherPriority,  // heard a master of higher priority
  kHigherAddress,   // heard one of equal priority and higher address
  kFault,           // see Action::fault
  kFaultsGone,
  kPause,        // was away for longer than the others wait
  kIsolated,     // neither gateway nor peer
  kTaken,        // planned: told to take over
  kYielding,     // planned: told to hand over
  kYielded,      // the successor is there
  kYieldFailed,  // the successor did not come
  kResumed,      // goes on for a supervisor before it
  kMaintenance,
  kGroup,  // another member of the group
  kStopped,
};
/// A few words for people: "the master is silent".
[[nodiscard]] std::string_view text_of(Reason reason);

/// What people should know of. Each is reported when it begins and when it ends.
enum class Problem : std::uint8_t {
  kRefusedAdverts,   // somebody sends adverts that are not taken
  kAddressMismatch,  // the master advertises other addresses
  kSecondMaster,     // another master is heard
  kSecondOwner,      // another node has priority 255
  kVrrpPathBlocked,  // no adverts although the peer is master and well
  kIsolatedNode,     // no gateway: does not take over, or lets go
  kAddressConflict,  // another machine answers for our address
  kAddressRemoved,   // somebody removed our address; it was put back
  kPaused,           // the node was away
  kFlapping,         // too many transitions in a short time: no automatic fail-back
  kCommandRefused,   // take or yield in a state that cannot
};
inline constexpr int kProblems = 11;
[[nodiscard]] std::string_view name_of(Problem problem);

}  // namespace tandem::vrrp
