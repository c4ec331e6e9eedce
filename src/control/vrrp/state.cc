#include "control/vrrp/state.h"

namespace tandem::vrrp {

std::string_view name_of(State state) {
  switch (state) {
    case State::kInit:
      return "INIT";
    case State::kBackup:
      return "BACKUP";
    case State::kMaster:
      return "MASTER";
    case State::kFault:
      return "FAULT";
    case State::kYielding:
      return "YIELDING";
    case State::kStopped:
      return "STOP";
  }
  return "";
}

std::string_view text_of(Reason reason) {
  switch (reason) {
    case Reason::kStarted:
      return "started";
    case Reason::kOwner:
      return "owns the addresses";
    case Reason::kMasterSilent:
      return "the master is silent";
    case Reason::kMasterResigned:
      return "the master resigned";
    case Reason::kLowerMaster:
      return "the master has a lower priority";
    case Reason::kPeerUnfit:
      return "the peer cannot serve";
    case Reason::kHigherPriority:
      return "another master has a higher priority";
    case Reason::kHigherAddress:
      return "another master of equal priority has a higher address";
    case Reason::kFault:
      return "a fault";
    case Reason::kFaultsGone:
      return "no fault any more";
    case Reason::kPause:
      return "was away for longer than the others wait";
    case Reason::kIsolated:
      return "neither gateway nor peer is reachable";
    case Reason::kTaken:
      return "told to take over";
    case Reason::kYielding:
      return "told to hand over";
    case Reason::kYielded:
      return "the successor has taken over";
    case Reason::kYieldFailed:
      return "the successor did not take over";
    case Reason::kResumed:
      return "goes on after a restart";
    case Reason::kMaintenance:
      return "maintenance";
    case Reason::kGroup:
      return "another member of the group";
    case Reason::kStopped:
      return "stopped";
  }
  return "";
}

std::string_view name_of(Problem problem) {
  switch (problem) {
    case Problem::kRefusedAdverts:
      return "refusedAdverts";
    case Problem::kAddressMismatch:
      return "addressMismatch";
    case Problem::kSecondMaster:
      return "secondMaster";
    case Problem::kSecondOwner:
      return "secondOwner";
    case Problem::kVrrpPathBlocked:
      return "vrrpPathBlocked";
    case Problem::kIsolatedNode:
      return "isolatedNode";
    case Problem::kAddressConflict:
      return "addressConflict";
    case Problem::kAddressRemoved:
      return "addressRemoved";
    case Problem::kPaused:
      return "paused";
    case Problem::kFlapping:
      return "flapping";
    case Problem::kCommandRefused:
      return "commandRefused";
  }
  return "";
}

}  // namespace tandem::vrrp
