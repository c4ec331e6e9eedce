// The instance as backup: listening, and the decision to take over.

#include <algorithm>
#include <chrono>

#include "control/vrrp/instance.h"

namespace tandem::vrrp {

namespace {

/// Between two probes while the addresses are left to a master that is not heard.
constexpr Duration kProbeAgain = std::chrono::seconds(1);
/// Between two requests for a planned fail-back.
constexpr Duration kAskAgain = std::chrono::seconds(5);

}  // namespace

Duration Instance::own_skew() const { return skew(options_.version, priority_, master_interval_); }

void Instance::start_down_timer() {
  down_at_ = now_ + master_down(options_.version, priority_, master_interval_, options_.down_timer_adverts);
  // Two adverts are missing, with some time for their lateness.
  probe_at_ = now_ + master_interval_ * 2 + master_interval_ / 8;
}

void Instance::shorten_down_timer(Instant at) { down_at_ = std::min(down_at_, std::max(at, now_)); }

/// One interval to find out whether somebody became master meanwhile, then compete again.
void Instance::listen() {
  listening_ = true;
  resigned_ = preempting_ = wants_master_ = false;
  down_at_ = now_ + master_interval_ + own_skew();
  probe_at_ = kNever;
}

void Instance::hear_as_backup(const AdvertReceived& advert) {
  if (advert.priority == 0) {
    hear_resignation(advert);
    return;
  }
  report(Problem::kAddressMismatch, !advert.addresses_match);
  if (!ignores(advert)) {
    note_master(advert);
    return;
  }
  // The running timer goes on; it ends in our becoming master.
  preempting_ = true;
  probe_at_ = kNever;
  heard_at_ = now_;
  if (advert.source != master_) master_best_ = advert.priority;
  master_ = advert.source;
  master_priority_ = advert.priority;
}

void Instance::hear_resignation(const AdvertReceived& advert) {
  // One who lost or handed over resigns beside a living master, which does not end thereby.
  const bool another_lives =
      heard_at_ != kNever && advert.source != master_ && now_ - heard_at_ <= master_interval_ + master_interval_ / 2;
  if (another_lives) return;
  resigned_ = true;
  down_at_ = now_ + own_skew();
  probe_at_ = kNever;
}

bool Instance::has_dropped(const AdvertReceived& advert) const {
  return advert.priority == kLowestPriority || (advert.source == master_ && advert.priority < master_best_);
}

/// True when a living master is to be replaced: it is weaker and we preempt, or it became weaker while it was master.
bool Instance::ignores(const AdvertReceived& advert) {
  if (advert.priority >= priority_) {
    preempt_at_ = kNever;
    return false;
  }
  if (listening_ || !ready_ || unwell_) return false;
  if (has_dropped(advert)) return true;
  if (!options_.preempt || keeps_away_ || is_reported(Problem::kFlapping)) return false;
  if (preempt_at_ == kNever) preempt_at_ = now_ + options_.preempt_delay;
  if (now_ < preempt_at_) return false;
  if (!options_.ask_before_preempt || !witness_.link_up()) return true;
  if (asked_at_ == kNever || now_ - asked_at_ >= kAskAgain) {
    asked_at_ = now_;
    act(Action::Kind::kAskForTakeover);
  }
  return false;
}

void Instance::note_master(const AdvertReceived& advert) {
  master_best_ = advert.source == master_ ? std::max(master_best_, advert.priority) : advert.priority;
  master_ = advert.source;
  master_priority_ = advert.priority;
  heard_at_ = now_;
  // Version 2's intervals are equal, or the packet was not taken.
  if (options_.version == Version::kV3) master_interval_ = advert.interval;
  resigned_ = preempting_ = listening_ = wants_master_ = false;
  report(Problem::kVrrpPathBlocked, false);
  report(Problem::kIsolatedNode, false);
  report(Problem::kPaused, false);
  start_down_timer();
}

void Instance::tick_as_backup() {
  if (probe_at_ <= now_) {
    probe_at_ = kNever;
    witness_.arp = Witness::Arp::kUnknown;
    act(Action::Kind::kProbeAddresses);
  }
  if (down_at_ > now_) return;
  // Far too late means that we were away ourselves: the silence was ours.
  if (!listening_ && now_ - down_at_ > master_interval_)
    listen();
  else
    try_to_take_over();
}

/// The peer says over another path that it is master and well, and nothing says that it is not.
bool Instance::is_path_blocked() const {
  if (!witness_.link_up() || witness_.peer != Witness::Peer::kMaster) return false;
  const bool unreachable_for_clients = witness_.link == Witness::Link::kUpElsewhere &&
                                       witness_.arp == Witness::Arp::kSilent &&
                                       witness_.gateway != Witness::Gateway::kUnreachable;
  return !unreachable_for_clients;
}

/// Nothing is heard of anybody: it is we who are cut off.
bool Instance::is_isolated() const {
  return witness_.gateway == Witness::Gateway::kUnreachable && !witness_.link_up() &&
         witness_.link != Witness::Link::kReset && !resigned_;
}

void Instance::try_to_take_over() {
  if (!preempting_) {
    // The link may not yet know that the master resigned, but it may know of another one.
    const bool outdated = resigned_ && (witness_.sole_peer || witness_.peer_source == master_);
    const bool blocked = !outdated && is_path_blocked();
    const bool isolated = is_isolated();
    report(Problem::kVrrpPathBlocked, blocked);
    report(Problem::kIsolatedNode, isolated);
    if (blocked || isolated) {
      down_at_ = now_ + master_interval_;
      if (probe_at_ == kNever) probe_at_ = now_ + std::max<Duration>(master_interval_, kProbeAgain);
      return;
    }
  }
  const bool unfit = witness_.link_up() && witness_.peer == Witness::Peer::kUnfit;
  claim(preempting_ ? Reason::kLowerMaster
        : resigned_ ? Reason::kMasterResigned
        : unfit     ? Reason::kPeerUnfit
                    : Reason::kMasterSilent);
}

void Instance::weigh_witness(const Witness& before) {
  // With a third node about, two must not take over at the same moment: the stronger is first.
  const Instant soon = witness_.sole_peer ? now_ : now_ + own_skew();
  if (is_reported(Problem::kVrrpPathBlocked) || is_reported(Problem::kIsolatedNode)) shorten_down_timer(soon);
  const bool was_master = before.link_up() && before.peer == Witness::Peer::kMaster;
  if (witness_.link_up() && witness_.peer == Witness::Peer::kUnfit) {
    if (!before.link_up() || before.peer != Witness::Peer::kUnfit) shorten_down_timer(soon);
  } else if (was_master && witness_.sole_peer && witness_.link_up() && witness_.peer == Witness::Peer::kNotMaster) {
    shorten_down_timer(now_ + own_skew());
  } else if (was_master && witness_.sole_peer && witness_.link == Witness::Link::kReset && heard_at_ != kNever) {
    // Its process is gone; one missing advert proves that it did not merely close the connection.
    shorten_down_timer(heard_at_ + master_interval_ + master_interval_ / 2);
  }
  if (down_at_ <= now_) try_to_take_over();
}

}  // namespace tandem::vrrp
