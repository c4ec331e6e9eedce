#pragma once

// A sync group: virtual routers that are master together or not at all (keepalived's vrrp_sync_group), over the same
// events and actions as one instance. Owned by the VRRP thread; allocates only when it is made.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "control/vrrp/instance.h"

namespace tandem::vrrp {

/// A member that must wait for the others says so and goes on listening; when all want to be master, all become it. One
/// that loses takes the others with it, a fault in one is a fault of all, and all have the weight of the weakest: they
/// go together or not at all. An instance alone is a group of one.
class Group {
 public:
  static constexpr std::size_t kMaxMembers = 16;

  /// REQUIRES: 1 to kMaxMembers options, each validated.
  explicit Group(std::vector<Options> members);

  /// An event of one member: packets, its addresses, its interface.
  void handle(std::size_t member, const Event& event, Instant now, Actions& actions);
  /// An event of all: start, stop, planned switch-over, health of the node, pause, maintenance.
  void handle_all(const Event& event, Instant now, Actions& actions);
  /// TimeReached for those members whose deadline has come.
  void advance(Instant now, Actions& actions);
  Instant next_deadline() const;

  std::size_t size() const { return members_.size(); }
  const Instance& member(std::size_t index) const { return members_[index]; }

 private:
  void weigh(std::size_t member, int total, Instant now, Actions& actions);
  void settle(Instant now, Actions& actions);
  void spread_faults();

  std::vector<Instance> members_;
  std::array<int, kMaxMembers> weights_{};
};

}  // namespace tandem::vrrp
