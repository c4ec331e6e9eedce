// The moves between states: what each of them does, in its order.

#include <algorithm>
#include <chrono>

#include "control/vrrp/instance.h"

namespace tandem::vrrp {

namespace {

bool is_planned(Reason reason) {
  switch (reason) {
    case Reason::kStarted:
    case Reason::kTaken:
    case Reason::kYielded:
    case Reason::kResumed:
    case Reason::kMaintenance:
    case Reason::kStopped:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Instance::begin(Instant now, Actions& actions) {
  now_ = now;
  actions_ = &actions;
}

void Instance::try_to_leave_init() {
  if (!started_ || (init_until_ != kNever && init_until_ > now_)) return;
  // Without a word on readiness there is nothing more to wait for in time.
  init_until_ = kNever;
  if (!ready_was_told_) return;
  if (faults_ != 0) {
    enter_fault();
    return;
  }
  become_backup(Reason::kStarted);
  if (options_.unicast) act(Action::Kind::kAnnounceSource);
  if (options_.priority == kOwnerPriority) claim(Reason::kOwner);
}

/// To be master, if the group agrees.
void Instance::claim(Reason reason) {
  if (!gated_) {
    become_master(reason);
    return;
  }
  wants_master_ = true;
  wanted_reason_ = reason;
  down_at_ = probe_at_ = kNever;
}

void Instance::become_master(Reason reason) {
  const bool answered = witness_.arp == Witness::Arp::kAnswered;
  // The order matters: whoever else would be master hears of us before the address moves, and switches and neighbours
  // learn it when it is there.
  send_advert(priority_);
  act(Action::Kind::kAddAddresses);
  announce(options_.announcements.repeat);
  transition(State::kMaster, reason);
  if (options_.announcements.delay > Duration::zero()) second_set_at_ = now_ + options_.announcements.delay;
  if (options_.announcements.refresh > Duration::zero()) refresh_at_ = now_ + options_.announcements.refresh;
  watch_isolation();
  // The dead master's kernel still answers until its lease ends: neighbours are told until it ceases.
  if (answered) start_healing();
}

/// Master without an election: after a restart, and when the successor did not come.
void Instance::hold_again(Reason reason) {
  act(Action::Kind::kAddAddresses);
  announce(1);
  transition(State::kMaster, reason);
  if (options_.announcements.refresh > Duration::zero()) refresh_at_ = now_ + options_.announcements.refresh;
  watch_isolation();
}

void Instance::become_backup(Reason reason) {
  transition(State::kBackup, reason);
  start_down_timer();
}

void Instance::step_down_with_group() {
  if (state_ == State::kYielding) {
    finish_yield();
  } else if (was_away()) {
    leave_after_pause();
  } else {
    release(true);
    become_backup(Reason::kGroup);
  }
}

void Instance::release(bool resign) {
  if (resign) {
    // Twice: a lost one costs the whole down timer.
    send_advert(0);
    send_advert(0);
  }
  act(Action::Kind::kRemoveAddresses);
}

void Instance::enter_fault() {
  std::uint8_t first = 0;
  while (first < 63 && (faults_ >> first & 1U) == 0) ++first;
  const Reason reason = first == kMaintenanceFault ? Reason::kMaintenance
                        : first == kGroupFault     ? Reason::kGroup
                                                   : Reason::kFault;
  transition(State::kFault, reason, first);
}

void Instance::set_fault(std::uint8_t fault, bool present) {
  const std::uint64_t bit = std::uint64_t{1} << fault;
  faults_ = present ? faults_ | bit : faults_ & ~bit;
  if (faults_ != 0) {
    if (state_ == State::kInit || state_ == State::kFault) return;
    if (holds_addresses()) release(true);
    enter_fault();
  } else if (state_ == State::kFault) {
    become_backup(Reason::kFaultsGone);
    // Peers may have forgotten where the node itself is.
    if (options_.unicast) act(Action::Kind::kAnnounceSource);
    if (options_.priority == kOwnerPriority) claim(Reason::kOwner);
  }
}

void Instance::transition(State to, Reason reason, std::uint8_t fault) {
  const State from = state_;
  const bool held = holds_addresses();
  state_ = to;
  reason_ = reason;
  since_ = now_;
  actions_->add(
      {.kind = Action::Kind::kTransition, .member = member_, .from = from, .to = to, .reason = reason, .fault = fault});
  if (to != State::kYielding) yield_until_ = kNever;
  if (to != State::kBackup) {
    down_at_ = probe_at_ = preempt_at_ = kNever;
    wants_master_ = resigned_ = preempting_ = listening_ = false;
    report(Problem::kVrrpPathBlocked, false);
    report(Problem::kIsolatedNode, false);
    report(Problem::kPaused, false);
  }
  if (held && !holds_addresses()) {
    ++statistics_.release_master;
    advert_at_ = second_set_at_ = refresh_at_ = healing_at_ = restore_at_ = isolated_at_ = grace_until_ = kNever;
    second_master_until_ = kNever;
    conflict_ = false;
    report(Problem::kSecondMaster, false);
    report(Problem::kSecondOwner, false);
    report(Problem::kAddressConflict, false);
    count_transition(reason);
  } else if (!held && holds_addresses()) {
    ++statistics_.become_master;
    keeps_away_ = false;
    master_interval_ = options_.interval;
    count_transition(reason);
  }
}

void Instance::count_transition(Reason reason) {
  if (transitions_.empty() || is_planned(reason)) return;
  std::ranges::rotate(transitions_, transitions_.begin() + 1);
  transitions_.back() = now_;
  if (transitions_.front() == kNever || now_ - transitions_.front() > options_.damping.window) return;
  report(Problem::kFlapping, true);
  calm_at_ = now_ + options_.damping.hold;
}

void Instance::update_priority() {
  if (options_.priority == kOwnerPriority) return;
  const int total = unwell_ ? kLowestPriority : std::clamp(options_.priority + weight_, 1, 254);
  const auto changed = static_cast<std::uint8_t>(total);
  if (changed == priority_) return;
  const Duration before = own_skew();
  priority_ = changed;
  if (state_ == State::kBackup && down_at_ != kNever) down_at_ += own_skew() - before;
}

void Instance::refuse_command() {
  report(Problem::kCommandRefused, true);
  report(Problem::kCommandRefused, false);
}

void Instance::send_advert(std::uint8_t priority) {
  actions_->add({.kind = Action::Kind::kSendAdvert, .member = member_, .priority = priority});
  ++statistics_.advert_sent;
  if (priority == 0) ++statistics_.pri_zero_sent;
  last_sent_ = now_;
  advert_at_ = now_ + options_.interval;
}

void Instance::announce(std::uint8_t count) {
  if (count > 0) actions_->add({.kind = Action::Kind::kAnnounce, .member = member_, .count = count});
}

void Instance::act(Action::Kind kind) {
  actions_->add({.kind = kind, .member = member_, .drain = state_ == State::kYielding});
}

void Instance::report(Problem problem, bool present) {
  if (is_reported(problem) == present) return;
  problems_ ^= 1U << static_cast<unsigned>(problem);
  actions_->add({.kind = Action::Kind::kReport, .member = member_, .present = present, .problem = problem});
}

}  // namespace tandem::vrrp
