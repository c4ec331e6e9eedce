#include "control/vrrp/instance.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace tandem::vrrp {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Refused adverts count as over when none came for so long.
constexpr Duration kRefusalsOver = seconds(10);
/// Somebody who removes an address again and again is answered at most this often.
constexpr Duration kRestoreGap = milliseconds(20);

}  // namespace

Instance::Instance(Options options, std::uint8_t member)
    : options_(std::move(options)),
      member_(member),
      priority_(options_.priority),
      ready_(!options_.wait_for_ready),
      ready_was_told_(!options_.wait_for_ready),
      master_interval_(options_.interval),
      transitions_(options_.damping.transitions, kNever) {}

void Instance::handle(const Event& event, Instant now, Actions& actions) {
  begin(now, actions);
  if (state_ == State::kStopped) return;
  if (was_away()) leave_after_pause();
  std::visit([this](const auto& happened) { on(happened); }, event);
}

Instant Instance::next_deadline() const {
  Instant first = std::min(refused_until_, calm_at_);
  switch (state_) {
    case State::kInit:
      return std::min(first, init_until_);
    case State::kBackup:
      return std::min({first, down_at_, probe_at_});
    case State::kMaster:
    case State::kYielding:
      return std::min({first, advert_at_, second_set_at_, refresh_at_, healing_at_, restore_at_, second_master_until_,
                       isolated_at_, yield_until_});
    case State::kFault:
      return first;
    case State::kStopped:
      return kNever;
  }
  return kNever;
}

Status Instance::status() const {
  return {.state = state_,
          .reason = reason_,
          .since = since_,
          .priority = priority_,
          .master = master_,
          .master_priority = master_priority_,
          .master_interval = master_interval_,
          .heard_at = heard_at_,
          .ready = ready_,
          .flapping = is_reported(Problem::kFlapping),
          .calm_at = calm_at_,
          .maintenance = (faults_ >> kMaintenanceFault & 1U) != 0,
          .faults = faults_,
          .problems = problems_};
}

void Instance::on(const Start& /*event*/) {
  if (started_) return;
  started_ = true;
  since_ = now_;
  // What an earlier run left on the interface is nobody's until the election says so.
  act(Action::Kind::kRemoveAddresses);
  init_until_ = now_ + options_.start_delay;
  try_to_leave_init();
}

void Instance::on(const Resume& event) {
  if (started_) return;
  started_ = true;
  since_ = now_;
  last_sent_ = event.last_advert;
  const bool too_late = now_ - event.last_advert > others_patience();
  if (faults_ == 0 && !too_late) {
    hold_again(Reason::kResumed);
    advert_at_ = std::max(now_, event.last_advert + options_.interval);
    return;
  }
  release(!too_late);
  if (faults_ != 0) {
    enter_fault();
    return;
  }
  become_backup(Reason::kPause);
  listen();
}

void Instance::on(const AdvertReceived& event) {
  ++statistics_.advert_rcvd;
  if (event.priority == 0) ++statistics_.pri_zero_rcvd;
  if (!event.addresses_match) statistics_.refused.count(Refusal::kAddresses);
  if (state_ == State::kBackup)
    hear_as_backup(event);
  else if (holds_addresses())
    hear_as_master(event);
}

void Instance::on(const AdvertRefused& event) {
  statistics_.refused.count(event.why);
  if (event.why == Refusal::kVrid || event.why == Refusal::kNotVrrp) return;
  report(Problem::kRefusedAdverts, true);
  refused_until_ = now_ + kRefusalsOver;
}

void Instance::on(const TimeReached& /*event*/) {
  if (refused_until_ <= now_) {
    refused_until_ = kNever;
    report(Problem::kRefusedAdverts, false);
  }
  if (calm_at_ <= now_) {
    calm_at_ = kNever;
    report(Problem::kFlapping, false);
  }
  if (state_ == State::kInit)
    try_to_leave_init();
  else if (state_ == State::kBackup)
    tick_as_backup();
  else if (holds_addresses())
    tick_as_master();
}

void Instance::on(const WeightChanged& event) {
  weight_ = event.total;
  update_priority();
}

void Instance::on(const UnwellChanged& event) {
  unwell_ = event.unwell;
  update_priority();
}

void Instance::on(const FaultChanged& event) {
  // The numbers above stand for what comes by events of their own.
  if (event.fault < kMaintenanceFault) set_fault(event.fault, event.present);
}

void Instance::on(const MaintenanceChanged& event) { set_fault(kMaintenanceFault, event.on); }

void Instance::on(const ReadyChanged& event) {
  ready_ = event.ready;
  ready_was_told_ |= event.ready;
  if (state_ == State::kInit) try_to_leave_init();
}

void Instance::on(const AddressRemoved& /*event*/) {
  // A yielding node takes its addresses from the interface itself.
  if (state_ != State::kMaster) return;
  report(Problem::kAddressRemoved, true);
  report(Problem::kAddressRemoved, false);
  restore_at_ = restored_at_ == kNever ? now_ : std::max(now_, restored_at_ + kRestoreGap);
  if (restore_at_ <= now_) tick_as_master();
}

void Instance::on(const ConflictChanged& event) {
  if (state_ != State::kMaster || conflict_ == event.present) return;
  conflict_ = event.present;
  report(Problem::kAddressConflict, conflict_);
  if (conflict_) start_healing();
}

void Instance::on(const Paused& event) {
  if (holds_addresses()) {
    if (event.gap > others_patience()) leave_after_pause();
  } else if (state_ == State::kBackup && event.gap > master_interval_) {
    listen();
  }
}

void Instance::on(const WitnessChanged& event) {
  const Witness before = witness_;
  witness_ = event.witness;
  if (state_ == State::kBackup) {
    weigh_witness(before);
  } else if (state_ == State::kYielding) {
    if (witness_.link_up() && witness_.peer == Witness::Peer::kMaster) finish_yield();
  } else if (state_ == State::kMaster) {
    watch_isolation();
    weigh_second_master(before);
  }
}

void Instance::on(const Yield& event) {
  if (state_ != State::kMaster) {
    refuse_command();
    return;
  }
  successor_ = event.successor;
  yield_until_ = now_ + event.limit;
  act(Action::Kind::kShelveAddresses);
  transition(State::kYielding, Reason::kYielding);
}

void Instance::on(const Take& event) {
  if (state_ == State::kMaster) return;
  if (state_ != State::kBackup) {
    refuse_command();
    return;
  }
  become_master(Reason::kTaken);
  predecessor_ = event.predecessor;
  grace_until_ = now_ + event.limit;
  start_healing();
}

void Instance::on(const Stop& /*event*/) {
  if (holds_addresses()) release(true);
  transition(State::kStopped, Reason::kStopped);
}

}  // namespace tandem::vrrp
