#pragma once

// What an instance wants done, in this order. Belongs to the VRRP thread, which carries out each list before the next
// event; a list lives on its stack.

#include <array>
#include <cstddef>
#include <cstdint>

#include "control/vrrp/state.h"

namespace tandem::vrrp {

struct Action {
  enum class Kind : std::uint8_t {
    kSendAdvert,       // with `priority`
    kAddAddresses,     // all of them, whichever are missing, and answering ARP for them
    kShelveAddresses,  // go on accepting connections to them, no longer answer ARP for them
    kRemoveAddresses,  // all of them; `drain`: open connections may go on
    kAnnounce,         // gratuitous ARP or neighbour advertisement, `count` for each address
    kAnnounceSource,   // the same once for the node's own source address, so that peers know it
    kProbeAddresses,   // ask by ARP who holds the addresses, with no sender address
    kAskForTakeover,   // ask the peer to yield (fail-back)
    kTransition,       // `from`, `to`, `reason`, with kFault `fault`
    kReport,           // `problem` begins or ends (`present`)
  };

  Kind kind{};
  /// Which member of a group; 0 without one.
  std::uint8_t member = 0;
  std::uint8_t priority = 0;
  std::uint8_t count = 0;
  bool drain = false;
  bool present = false;
  State from{};
  State to{};
  Reason reason{};
  std::uint8_t fault = 0;
  Problem problem{};
};

/// The fault number in actions that maintenance causes.
inline constexpr std::uint8_t kMaintenanceFault = 62;
/// ... and a fault of another member of the group.
inline constexpr std::uint8_t kGroupFault = 63;

/// A list with room for all that one event can cause, in the largest group. It never allocates.
class Actions {
 public:
  static constexpr std::size_t kCapacity = 512;

  void add(const Action& action) {
    if (size_ < kCapacity)
      actions_[size_++] = action;
    else
      overflown_ = true;
  }
  void clear() {
    size_ = 0;
    overflown_ = false;
  }
  const Action* begin() const { return actions_.data(); }
  const Action* end() const { return actions_.data() + size_; }
  std::size_t size() const { return size_; }
  const Action& operator[](std::size_t index) const { return actions_[index]; }
  /// True when there was no room, which is a defect.
  bool overflown() const { return overflown_; }

 private:
  std::array<Action, kCapacity> actions_;
  std::size_t size_ = 0;
  bool overflown_ = false;
};

}  // namespace tandem::vrrp
