#pragma once

// One virtual router: a state machine from event and time to actions (RFC 9568 §6.4, and what docs/vrrp.md says of
// health, witnesses, pauses and planned switch-overs). It reads no clock, does no I/O and allocates nothing after
// construction. Owned by the VRRP thread, alone or in a Group; nobody else may touch it.

#include <cstdint>
#include <vector>

#include "control/vrrp/action.h"
#include "control/vrrp/event.h"
#include "control/vrrp/options.h"
#include "control/vrrp/state.h"
#include "control/vrrp/timing.h"

namespace tandem::vrrp {

/// Counted since the start; names of keepalived's JSON statistics.
struct Statistics {
  std::uint64_t advert_rcvd = 0;
  std::uint64_t advert_sent = 0;
  std::uint64_t become_master = 0;
  std::uint64_t release_master = 0;
  std::uint64_t pri_zero_rcvd = 0;
  std::uint64_t pri_zero_sent = 0;
  RefusalCounters refused;
};

/// What people see of an instance.
struct Status {
  State state = State::kInit;
  Reason reason{};
  /// When the state was entered.
  Instant since{};
  /// What the next advert would say.
  std::uint8_t priority = 0;
  /// The last master heard, and when; no meaning before the first (heard_at is kNever).
  Ip master;
  std::uint8_t master_priority = 0;
  Duration master_interval{};
  Instant heard_at = kNever;
  bool ready = true;
  bool flapping = false;
  /// While flapping: until when there is no automatic fail-back; kNever else.
  Instant calm_at = kNever;
  bool maintenance = false;
  /// One bit a fault, by its number.
  std::uint64_t faults = 0;
  /// One bit a problem that is present.
  std::uint32_t problems = 0;
};

class Instance {
 public:
  /// REQUIRES: validate(options). `member` comes back in each action.
  explicit Instance(Options options, std::uint8_t member = 0);

  /// Takes one event at a time that never goes back; appends to `actions`.
  void handle(const Event& event, Instant now, Actions& actions);
  /// When TimeReached is due at the latest; kNever when there is nothing to wait for.
  Instant next_deadline() const;

  const Options& options() const { return options_; }
  State state() const { return state_; }
  /// MASTER or YIELDING: holds the addresses.
  bool holds_addresses() const { return state_ == State::kMaster || state_ == State::kYielding; }
  /// What an advert of this moment says: 1 to 254, or 255.
  std::uint8_t effective_priority() const { return priority_; }
  /// The last advert sent, for Resume; kNever when none was.
  Instant last_advert() const { return last_sent_; }
  const Statistics& statistics() const { return statistics_; }
  Status status() const;

 private:
  friend class Group;

  // Events (instance.cc).
  void on(const Start& event);
  void on(const Resume& event);
  void on(const AdvertReceived& event);
  void on(const AdvertRefused& event);
  void on(const TimeReached& event);
  void on(const WeightChanged& event);
  void on(const FaultChanged& event);
  void on(const UnwellChanged& event);
  void on(const ReadyChanged& event);
  void on(const AddressRemoved& event);
  void on(const ConflictChanged& event);
  void on(const Paused& event);
  void on(const WitnessChanged& event);
  void on(const Yield& event);
  void on(const Take& event);
  void on(const MaintenanceChanged& event);
  void on(const Stop& event);

  // As master (instance_master.cc).
  void hear_as_master(const AdvertReceived& advert);
  void hear_lower();
  void tick_as_master();
  void announce_due();
  void start_healing();
  void finish_yield();
  void step_down(const AdvertReceived& winner);
  bool is_stronger(const AdvertReceived& other) const;
  void weigh_second_master(const Witness& before);
  void watch_isolation();
  void leave_after_pause();
  Duration others_patience() const;
  bool was_away() const;

  // As backup (instance_backup.cc).
  void hear_as_backup(const AdvertReceived& advert);
  void hear_resignation(const AdvertReceived& advert);
  bool ignores(const AdvertReceived& advert);
  bool has_dropped(const AdvertReceived& advert) const;
  void note_master(const AdvertReceived& advert);
  void tick_as_backup();
  void listen();
  void start_down_timer();
  void shorten_down_timer(Instant at);
  bool is_isolated() const;
  bool is_path_blocked() const;
  void try_to_take_over();
  void weigh_witness(const Witness& before);
  Duration own_skew() const;

  // Moves between states (instance_moves.cc).
  void begin(Instant now, Actions& actions);
  void try_to_leave_init();
  void claim(Reason reason);
  void become_master(Reason reason);
  void become_backup(Reason reason);
  void step_down_with_group();
  void hold_again(Reason reason);
  /// Lets go of the addresses; `resign` with priority 0 before.
  void release(bool resign);
  void transition(State to, Reason reason, std::uint8_t fault = 0);
  void set_fault(std::uint8_t fault, bool present);
  void enter_fault();
  void update_priority();
  void count_transition(Reason reason);
  void refuse_command();

  void send_advert(std::uint8_t priority);
  void announce(std::uint8_t count);
  void act(Action::Kind kind);
  void report(Problem problem, bool present);
  bool is_reported(Problem problem) const { return (problems_ >> static_cast<unsigned>(problem) & 1U) != 0; }

  const Options options_;
  const std::uint8_t member_;

  // Only valid while an event is handled.
  Instant now_{};
  Actions* actions_ = nullptr;

  State state_ = State::kInit;
  Reason reason_{};
  Instant since_{};
  std::uint8_t priority_;
  int weight_ = 0;
  std::uint64_t faults_ = 0;
  bool started_ = false;
  bool ready_;
  bool unwell_ = false;
  bool conflict_ = false;
  Witness witness_;

  // INIT.
  Instant init_until_ = kNever;
  bool ready_was_told_;

  // BACKUP.
  Instant down_at_ = kNever;
  Instant probe_at_ = kNever;
  Instant preempt_at_ = kNever;
  Instant asked_at_ = kNever;
  Duration master_interval_;
  Ip master_;
  std::uint8_t master_priority_ = 0;
  std::uint8_t master_best_ = 0;
  Instant heard_at_ = kNever;
  /// The silence is one that the master announced.
  bool resigned_ = false;
  /// A master of lower priority is heard and not listened to.
  bool preempting_ = false;
  /// After a pause: whoever is heard first is master.
  bool listening_ = false;
  /// Handed over on demand: does not take the addresses back from a living master.
  bool keeps_away_ = false;
  /// A member of a group that would be master if the others agreed.
  bool wants_master_ = false;
  Reason wanted_reason_{};

  // MASTER and YIELDING.
  Instant advert_at_ = kNever;
  Instant last_sent_ = kNever;
  Instant second_set_at_ = kNever;
  Instant refresh_at_ = kNever;
  Instant healing_at_ = kNever;
  Instant restore_at_ = kNever;
  Instant restored_at_ = kNever;
  Instant second_master_until_ = kNever;
  Instant isolated_at_ = kNever;
  Instant yield_until_ = kNever;
  Instant grace_until_ = kNever;
  Ip successor_;
  Ip predecessor_;
  /// Next of the announcements 0.1, 1 and 5 s after a second master was heard.
  std::uint8_t healing_step_ = 0;

  // Flap damping: the last unplanned transitions, the oldest first; as many as make flapping.
  std::vector<Instant> transitions_;
  Instant calm_at_ = kNever;

  // Reports.
  std::uint32_t problems_ = 0;
  Instant refused_until_ = kNever;

  /// A member of a group asks before it becomes master.
  bool gated_ = false;
  Statistics statistics_;
};

}  // namespace tandem::vrrp
