#include "control/hooks/track_link.h"

#include <algorithm>
#include <utility>

#include "control/hooks/track_effect.h"

namespace tandem::hooks {

void LinkState::note(bool up, vrrp::Instant now) {
  if (up == up_) {
    due_ = vrrp::kNever;
    return;
  }
  if (due_ == vrrp::kNever) due_ = now + (up ? up_delay_ : down_delay_);
  settle(now);
}

void LinkState::settle(vrrp::Instant now) {
  if (due_ > now) return;
  up_ = !up_;
  due_ = vrrp::kNever;
}

void LinkState::continue_from(const LinkState& before, vrrp::Instant now) {
  const bool running = up_ != (due_ != vrrp::kNever);
  up_ = before.up_;
  due_ = vrrp::kNever;
  note(running, now);
}

void WatchedLinks::add(TrackedLink link, int index, bool running) {
  const LinkState state(running, link.up_delay, link.down_delay);
  entries_.push_back({.link = std::move(link), .index = index, .state = state, .told = running});
}

void WatchedLinks::note(int index, std::string_view name, bool running, vrrp::Instant now) {
  for (Entry& entry : entries_) {
    if (entry.link.name == name) {
      entry.index = index;
      entry.state.note(running, now);
    } else if (entry.index == index) {
      // It was given another name: there is none of this name any more.
      entry.index = 0;
      entry.state.note(false, now);
    }
  }
}

void WatchedLinks::note_gone(int index, vrrp::Instant now) {
  for (Entry& entry : entries_) {
    if (entry.index == index) entry.state.note(false, now);
  }
}

void WatchedLinks::settle(vrrp::Instant now) {
  for (Entry& entry : entries_) entry.state.settle(now);
}

vrrp::Instant WatchedLinks::due() const {
  vrrp::Instant first = vrrp::kNever;
  for (const Entry& entry : entries_) first = std::min(first, entry.state.due());
  return first;
}

WatchedLinks::Effect WatchedLinks::effect() const {
  Effect all;
  for (const Entry& entry : entries_) {
    const TrackEffect one = effect_of(entry.link.weight, entry.link.reverse, entry.state.up());
    all.fault = all.fault || one.fault;
    all.weight += static_cast<int>(one.weight);
  }
  return all;
}

void WatchedLinks::continue_from(const WatchedLinks& before, vrrp::Instant now) {
  for (Entry& entry : entries_) {
    for (const Entry& old : before.entries_) {
      if (old.link.name != entry.link.name) continue;
      entry.state.continue_from(old.state, now);
      entry.told = old.told;
      break;
    }
  }
}

std::optional<WatchedLinks::Change> WatchedLinks::next_change() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[i];
    if (entry.told == entry.state.up()) continue;
    entry.told = entry.state.up();
    return Change{.link = i, .up = entry.told};
  }
  return std::nullopt;
}

}  // namespace tandem::hooks
