// The instance as master and while it hands over.

#include <algorithm>
#include <array>
#include <chrono>

#include "control/vrrp/instance.h"

namespace tandem::vrrp {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Announcements after the first one when another master was heard; the last of them comes after the configured delay.
constexpr std::array<Duration, 2> kHealingSteps{milliseconds(100), seconds(1)};
/// As long as another machine answers for our addresses.
constexpr Duration kConflictStep = seconds(1);
/// The highest priority that a backup can have: it waits the shortest.
constexpr unsigned kStrongestBackup = 254;

}  // namespace

/// How long the others are silent before one of them takes over.
Duration Instance::others_patience() const {
  return master_down(options_.version, kStrongestBackup, options_.interval, options_.down_timer_adverts);
}

/// A process that did not run, a machine that slept: somebody else may be master by now.
bool Instance::was_away() const {
  return holds_addresses() && last_sent_ != kNever && now_ - last_sent_ > others_patience();
}

void Instance::leave_after_pause() {
  release(false);
  become_backup(Reason::kPause);
  report(Problem::kPaused, true);
  listen();
}

void Instance::hear_as_master(const AdvertReceived& advert) {
  if (advert.priority == 0) {
    // Third nodes have shortened their timers: they hear at once that there is a master.
    send_advert(priority_);
    return;
  }
  if (state_ == State::kYielding && advert.source == successor_) {
    finish_yield();
    note_master(advert);
    return;
  }
  // The predecessor of a planned switch-over goes on until it has heard us.
  if (grace_until_ != kNever && now_ < grace_until_ && advert.source == predecessor_) return;
  if (advert.priority == kOwnerPriority && priority_ == kOwnerPriority) report(Problem::kSecondOwner, true);
  if (is_stronger(advert)) {
    step_down(advert);
    return;
  }
  // At once, unless it has just had one: a flood of adverts is not answered by another.
  if (last_sent_ == kNever || now_ - last_sent_ >= options_.interval / 4) send_advert(priority_);
  hear_lower();
}

bool Instance::is_stronger(const AdvertReceived& other) const {
  return other.priority > priority_ || (other.priority == priority_ && other.source > options_.source);
}

void Instance::step_down(const AdvertReceived& winner) {
  // The last word: the winner may never have heard us, and must know that neighbours have learned our address.
  send_advert(priority_);
  release(false);
  become_backup(winner.priority > priority_ ? Reason::kHigherPriority : Reason::kHigherAddress);
  note_master(winner);
}

/// Adverts may be blocked where the peer link is not: then it must end the time of two masters.
void Instance::weigh_second_master(const Witness& before) {
  const bool in_grace = grace_until_ != kNever && now_ < grace_until_;
  if (witness_.link != Witness::Link::kUpOnService || in_grace) return;
  if (witness_.peer == Witness::Peer::kMaster) {
    const AdvertReceived word{
        .source = witness_.peer_source, .priority = witness_.peer_priority, .interval = options_.interval};
    if (word.priority != 0 && is_stronger(word)) step_down(word);
  } else if (before.link_up() && before.peer == Witness::Peer::kMaster && healing_at_ == kNever) {
    // It gave up: neighbours may have learned its address.
    start_healing();
  }
}

void Instance::hear_lower() {
  if (state_ == State::kYielding) return;
  report(Problem::kSecondMaster, true);
  second_master_until_ = now_ + others_patience();
  if (healing_at_ == kNever) start_healing();
}

void Instance::start_healing() {
  const Announcements& how = options_.announcements;
  if (how.lower_priority_repeat == 0) return;
  announce(how.lower_priority_repeat);
  healing_step_ = 0;
  healing_at_ = now_ + kHealingSteps[0];
}

void Instance::tick_as_master() {
  if (yield_until_ <= now_) hold_again(Reason::kYieldFailed);
  if (isolated_at_ <= now_) {
    release(true);
    become_backup(Reason::kIsolated);
    report(Problem::kIsolatedNode, true);
    return;
  }
  if (restore_at_ <= now_) {
    restore_at_ = kNever;
    restored_at_ = now_;
    act(Action::Kind::kAddAddresses);
    announce(1);
  }
  if (advert_at_ <= now_) {
    // From when it was due, not from when we came to it: the beat does not drift.
    const Instant next = advert_at_ + options_.interval;
    send_advert(priority_);
    if (next > now_) advert_at_ = next;
    // What the link said before we became master counts when it still says so two intervals later.
    if (now_ - since_ >= 2 * options_.interval) weigh_second_master(witness_);
    if (!holds_addresses()) return;
  }
  announce_due();
  if (second_master_until_ <= now_) {
    second_master_until_ = kNever;
    report(Problem::kSecondMaster, false);
    report(Problem::kSecondOwner, false);
  }
}

void Instance::announce_due() {
  const Announcements& how = options_.announcements;
  // Whoever yields no longer says where the addresses are.
  const bool silent = state_ == State::kYielding;
  if (second_set_at_ <= now_) {
    second_set_at_ = kNever;
    if (!silent) announce(how.repeat);
  }
  if (refresh_at_ <= now_) {
    refresh_at_ = now_ + how.refresh;
    if (!silent) announce(how.refresh_repeat);
  }
  if (healing_at_ > now_) return;
  if (!silent) {
    announce(how.lower_priority_repeat);
    act(Action::Kind::kProbeAddresses);
  }
  ++healing_step_;
  if (healing_step_ < kHealingSteps.size()) {
    healing_at_ = now_ + kHealingSteps[healing_step_] - kHealingSteps[healing_step_ - 1U];
  } else if (healing_step_ == kHealingSteps.size() && how.lower_priority_delay > kHealingSteps.back()) {
    healing_at_ = now_ + how.lower_priority_delay - kHealingSteps.back();
  } else {
    healing_at_ = conflict_ ? now_ + kConflictStep : kNever;
    healing_step_ = kHealingSteps.size();
  }
}

void Instance::finish_yield() {
  act(Action::Kind::kRemoveAddresses);
  send_advert(0);
  send_advert(0);
  become_backup(Reason::kYielded);
  keeps_away_ = true;
}

void Instance::watch_isolation() {
  const bool isolated = options_.isolation_release > Duration::zero() && witness_.link == Witness::Link::kDown &&
                        witness_.gateway == Witness::Gateway::kUnreachable;
  if (!isolated)
    isolated_at_ = kNever;
  else if (isolated_at_ == kNever)
    isolated_at_ = now_ + options_.isolation_release;
}

}  // namespace tandem::vrrp
