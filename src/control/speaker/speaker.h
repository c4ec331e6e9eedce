#pragma once

// The VRRP thread: owns the virtual routers, their sockets and their addresses, and does nothing else. Other threads
// speak to it by post() and hear from it by reports and the snapshot; nothing they do can delay it. After start() its
// thread does not allocate, log or look anything up, runs with real-time priority where that is allowed, and measures
// how late its timers are. Created, started and destroyed by the supervisor's main thread, which also reads the
// reports.

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/address/virtual_addresses.h"
#include "control/address/virtual_mac.h"
#include "control/hooks/track_link.h"
#include "control/speaker/resumption.h"
#include "control/speaker/speaker_keeper.h"
#include "control/vrrp/action.h"
#include "control/vrrp/event.h"
#include "control/vrrp/instance.h"
#include "control/vrrp/options.h"
#include "control/vrrp/packet.h"

namespace tandem::speaker {

/// One virtual router as configured.
struct RouterSettings {
  std::string name;  ///< for people and for the reload: the same name is the same router
  /// `source` left empty is filled in by create(), `addresses` from `virtual_addresses`.
  vrrp::Options options;
  vrrp::Authentication authentication;
  vrrp::ChecksumForm checksum = vrrp::ChecksumForm::kWithPseudoHeader;
  /// Where adverts go and addresses live; empty: the interface whose subnet holds the first address.
  std::string interface;
  /// All of the family of `options` are advertised, in this order; `link` 0 means the router's interface.
  std::vector<address::VirtualAddress> virtual_addresses;
  /// Held with the others but not advertised; any family [virtual_ipaddress_excluded].
  std::vector<address::VirtualAddress> excluded_addresses;
  /// None: multicast.
  std::vector<vrrp::Peer> peers;
  std::uint8_t unicast_ttl = vrrp::kTtl;
  /// Between two announcements on the interface; 0: at once [vrrp_garp_interval, vrrp_gna_interval].
  std::chrono::microseconds announce_gap{0};
  /// Adverts and addresses live on a macvlan with a MAC of its own [use_vmac]; create() fills in its name and MAC where
  /// they are left open.
  std::optional<address::VirtualMacSettings> virtual_mac;
  /// Adverts go out and come in on the interface below it all the same [vmac_xmit_base].
  bool send_from_parent = false;
  /// The state of the interface does not count [dont_track_primary].
  bool ignore_interface = false;
  /// It counts as up or down only when it was so for this long [interface_up_down_delays].
  vrrp::Duration interface_up_delay{};
  vrrp::Duration interface_down_delay{};
  /// More interfaces that count [track_interface], also those of addresses that are elsewhere.
  std::vector<hooks::TrackedLink> tracked_interfaces;
  /// Members of one group are master together or not at all [vrrp_sync_group]. Empty: on its own.
  std::string group;
};

struct SpeakerSettings {
  std::vector<RouterSettings> routers;
  address::Lease lease;
  /// Asked by ARP whether the network is there; 0.0.0.0: no gateway to ask.
  net::IpAddress gateway;
  /// How long an address stays on the loopback interface, and foreign segments are passed on, after a planned
  /// switch-over.
  std::chrono::seconds drain{30};
  /// False: open connections end at a planned switch-over; there is no drain.
  bool forward_connections = true;
  /// SCHED_RR; 0: ordinary scheduling.
  int realtime_priority = 10;
  bool lock_memory = true;
};

/// Faults that the speaker finds itself; the health side uses the numbers below them (0 to 55).
inline constexpr std::uint8_t kInterfaceFault = 56;         ///< the router's interface is down or gone
inline constexpr std::uint8_t kSourceFault = 57;            ///< the source address is gone
inline constexpr std::uint8_t kTrackedInterfaceFault = 58;  ///< a tracked interface is down, with `reverse` up

/// To one router, one group or all: what happened. Routers are numbered as in SpeakerSettings.
struct Command {
  static constexpr int kAll = -1;
  int router = kAll;
  /// WeightChanged (interfaces are added by the speaker), FaultChanged, UnwellChanged, ReadyChanged, WitnessChanged
  /// (its `arp` and `gateway` are the speaker's own business), Yield, Take, MaintenanceChanged; Stop ends the thread.
  vrrp::Event event;
};

/// What others should know, in order.
struct Report {
  enum class Kind : std::uint8_t {
    kTransition,        // `action` says from, to, reason, fault
    kProblem,           // `action` says problem, present
    kAskForTakeover,    // ask the peer to yield
    kAddressesFailed,   // `code` is an errno value: adding or removing was refused by the kernel
    kAddressesRemoved,  // somebody removed `address`; it was put back, or is let go (`let_go`: it is not tracked)
    kTrackedInterface,  // `code`, its place in tracked_interfaces, counts as up now (`up`), or as down
    kSendFailed,        // `code`: adverts do not go out (once until they do again)
    kLeaseLapsed,       // the data plane was not proved alive: the addresses are not renewed
    kConflict,          // a foreign `mac` claims `address`
    kReloaded,          // reload() is in force
  };
  Kind kind{};
  int router = 0;
  vrrp::Instant at{};          ///< CLOCK_BOOTTIME
  std::int64_t wall_time = 0;  ///< nanoseconds since 1970
  vrrp::Action action;
  int code = 0;
  bool let_go = false;
  bool up = false;
  net::IpAddress address;
  std::array<std::uint8_t, 6> mac{};
};

/// Another node whose adverts were taken.
struct PeerHeard {
  vrrp::Ip source;
  std::uint8_t priority = 0;
  vrrp::Duration interval{};
  vrrp::Instant at{};
  bool own_checksum_form = true;  ///< sends version 3's checksum in the form that we send
};

struct RouterSnapshot {
  static constexpr std::size_t kPeers = 8;
  vrrp::Status status;
  vrrp::Statistics statistics;
  std::array<PeerHeard, kPeers> peers;
  std::uint8_t peer_count = 0;
  bool holding = false;     ///< the addresses are in the kernel, as far as we know
  bool shelved = false;     ///< on the loopback interface, after a planned switch-over
  bool passing_on = false;  ///< foreign segments go to the previous owner
  bool conflict = false;
  int last_error = 0;  ///< errno of the last refused change of addresses, 0 when all is well
  /// errno: the kernel cannot do what keeps connections in a planned switch-over (nf_tables); 0 when it can.
  int switch_over_error = 0;
  vrrp::Instant last_advert{};
  std::int64_t last_transition_wall = 0;
};

/// How late the thread's timers were. Bounds in microseconds: 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 100000,
/// more.
struct Lateness {
  static constexpr std::array<int, 9> kBoundsUs{100, 250, 500, 1000, 2500, 5000, 10000, 25000, 100000};
  std::array<std::uint64_t, kBoundsUs.size() + 1> counts{};
  std::int64_t sum_ns = 0;
  std::int64_t max_ns = 0;
};

struct Snapshot {
  static constexpr std::size_t kRouters = 16;
  std::array<RouterSnapshot, kRouters> routers;
  std::uint8_t router_count = 0;
  Lateness lateness;
  vrrp::Witness::Gateway gateway{};
  bool realtime = false;  ///< SCHED_RR was granted
  bool memory_locked = false;
  bool lease_fresh = false;
  bool stopped = false;
  std::uint64_t reports_lost = 0;  ///< nobody read them in time
  vrrp::Instant at{};
};

class Speaker {
 public:
  /// Finds the interfaces, opens the sockets, creates virtual MACs. Errors: an
  /// interface, an address or a capability that is missing, by name; options that validate() refuses.
  static base::Result<std::unique_ptr<Speaker>> create(SpeakerSettings settings);
  /// As stop().
  ~Speaker();
  Speaker(const Speaker&) = delete;
  Speaker& operator=(const Speaker&) = delete;

  /// Removes what an earlier run left and starts the thread. Routers that were master in the process before this one
  /// (`left`) go on as master; all others start as backup.
  void start(const Resumption& left = {});
  /// Ends the thread and has a child go on in its place, for the program that this process becomes. Only the program's
  /// end or start_anew() may follow. Errors: no process to be had.
  base::Result<Keeper> leave_to_keeper();
  /// Lets go of everything (priority 0 as master) and waits for the end of the thread. A second call does nothing.
  void stop();

  /// Any thread; never blocks. False when the mailbox is full, which 1024 unread commands make.
  bool post(const Command& command);
  /// The data plane has been proved alive: leases are renewed until `deadline` (CLOCK_BOOTTIME). Any thread. Before the
  /// first call leases are renewed always.
  void data_plane_alive_until(vrrp::Instant deadline);

  /// Readable while there are reports.
  int reports_fd() const;
  /// The oldest report; false when there is none. One reader.
  bool next_report(Report& out);

  /// Any thread; never makes the VRRP thread wait.
  Snapshot snapshot() const;
  /// What create() found out: sources, interfaces, addresses with their links.
  const SpeakerSettings& settings() const;

  /// Puts another configuration in force without letting go of what both have (routers of the same name stay master).
  /// Errors as create(); then everything stays as it is.
  base::Result<void> reload(SpeakerSettings settings);

  /// CLOCK_BOOTTIME, the clock of everything here.
  static vrrp::Instant now();

 private:
  void end_thread();
  void remove_unwanted(const std::vector<address::VirtualAddress>& held);

  struct State;
  explicit Speaker(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tandem::speaker
