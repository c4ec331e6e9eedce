#pragma once

// The interfaces whose state counts for one virtual router: its own one, those that are tracked (keepalived:
// track_interface) and those of its addresses, each with its delays (interface_up_down_delays). Pure; made at set-up,
// then the VRRP thread's, which tells it of every change; allocates only in add().

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/vrrp/timing.h"

namespace tandem::hooks {

/// An interface that is tracked.
struct TrackedLink {
  std::string name;
  /// 0: it is a fault while the interface is down. Above 0: added while it is up. Below 0: added while it is down.
  int weight = 0;
  /// The other way round.
  bool reverse = false;
  /// It counts as up or down only when it was so for this long.
  vrrp::Duration up_delay{};
  vrrp::Duration down_delay{};
};

/// Up or down as it counts, which may be later than it is. What bounces back within the delay never happened.
class LinkState {
 public:
  LinkState(bool up, vrrp::Duration up_delay, vrrp::Duration down_delay)
      : up_(up), up_delay_(up_delay), down_delay_(down_delay) {}

  /// It is so now.
  void note(bool up, vrrp::Instant now);
  /// A delay may have ended.
  void settle(vrrp::Instant now);
  bool up() const { return up_; }
  /// When settle() has something to do.
  vrrp::Instant due() const { return due_; }
  /// Counts as that one did; what is so now goes through the delays again.
  void continue_from(const LinkState& before, vrrp::Instant now);

 private:
  bool up_;
  vrrp::Duration up_delay_;
  vrrp::Duration down_delay_;
  vrrp::Instant due_ = vrrp::kNever;  // up_ changes then
};

class WatchedLinks {
 public:
  /// All that tracked interfaces do to the router.
  struct Effect {
    bool fault = false;
    int weight = 0;
    bool operator==(const Effect&) const = default;
  };

  void add(TrackedLink link, int index, bool running);

  /// The interface `index` is called `name` and runs or not; a name that comes back with another index is followed.
  void note(int index, std::string_view name, bool running, vrrp::Instant now);
  /// The interface `index` is no more.
  void note_gone(int index, vrrp::Instant now);
  void settle(vrrp::Instant now);
  vrrp::Instant due() const;
  Effect effect() const;
  /// After a reload: interfaces of the same name count as they did.
  void continue_from(const WatchedLinks& before, vrrp::Instant now);

  struct Change {
    std::size_t link = 0;  ///< its place in the order of add()
    bool up = false;
  };
  /// A change since the last call that people should hear of.
  std::optional<Change> next_change();

 private:
  struct Entry {
    TrackedLink link;
    int index = 0;
    LinkState state;
    bool told = false;  // what next_change() said
  };
  std::vector<Entry> entries_;
};

}  // namespace tandem::hooks
