#include "control/vrrp/group.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace tandem::vrrp {

Group::Group(std::vector<Options> members) {
  members_.reserve(members.size());
  for (Options& options : members) {
    members_.emplace_back(std::move(options), static_cast<std::uint8_t>(members_.size()));
  }
  for (Instance& member : members_) member.gated_ = members_.size() > 1;
}

void Group::handle(std::size_t member, const Event& event, Instant now, Actions& actions) {
  if (const auto* weight = std::get_if<WeightChanged>(&event))
    weigh(member, weight->total, now, actions);
  else
    members_[member].handle(event, now, actions);
  settle(now, actions);
}

/// Members of different weights would never agree on who is master.
void Group::weigh(std::size_t member, int total, Instant now, Actions& actions) {
  weights_[member] = total;
  const int least =
      *std::min_element(weights_.begin(), weights_.begin() + static_cast<std::ptrdiff_t>(members_.size()));
  for (Instance& each : members_) each.handle(WeightChanged{.total = least}, now, actions);
}

void Group::handle_all(const Event& event, Instant now, Actions& actions) {
  for (Instance& member : members_) member.handle(event, now, actions);
  settle(now, actions);
}

void Group::advance(Instant now, Actions& actions) {
  for (Instance& member : members_) {
    if (member.next_deadline() <= now) member.handle(TimeReached{}, now, actions);
  }
  settle(now, actions);
}

Instant Group::next_deadline() const {
  Instant first = kNever;
  for (const Instance& member : members_) first = std::min(first, member.next_deadline());
  return first;
}

void Group::settle(Instant now, Actions& actions) {
  if (members_.size() < 2) return;
  for (Instance& member : members_) member.begin(now, actions);
  spread_faults();
  // Members start, or go on as what they were, one after the other.
  if (!std::ranges::all_of(members_, &Instance::started_)) return;
  const auto holding = std::ranges::count_if(members_, &Instance::holds_addresses);
  const auto wanting = std::ranges::count_if(members_, &Instance::wants_master_);
  const auto all = static_cast<std::ptrdiff_t>(members_.size());
  if (wanting > 0 && holding + wanting == all) {
    for (Instance& member : members_) {
      if (member.wants_master_) member.become_master(member.wanted_reason_);
    }
  } else if (holding > 0 && holding < all) {
    // They became master together, so one has lost it.
    for (Instance& member : members_) {
      if (member.holds_addresses()) member.step_down_with_group();
    }
  }
}

void Group::spread_faults() {
  constexpr std::uint64_t kOwn = ~(std::uint64_t{1} << kGroupFault);
  const auto faulty = std::ranges::count_if(members_, [](const Instance& each) { return (each.faults_ & kOwn) != 0; });
  for (Instance& member : members_) {
    const bool others = faulty > ((member.faults_ & kOwn) != 0 ? 1 : 0);
    if (others != ((member.faults_ >> kGroupFault & 1U) != 0)) member.set_fault(kGroupFault, others);
  }
}

}  // namespace tandem::vrrp
