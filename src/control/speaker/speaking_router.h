#pragma once

// One virtual router on the network side, as the VRRP thread uses it: its sockets, addresses, announcements and rules,
// all made at set-up. It carries out the actions of its state machine; it decides nothing. Made and destroyed by the
// supervisor's main thread, used by the VRRP thread alone in between.

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "control/address/advert_socket.h"
#include "control/address/announce.h"
#include "control/address/handoff.h"
#include "control/address/host_links.h"
#include "control/address/netlink.h"
#include "control/address/virtual_addresses.h"
#include "control/address/virtual_mac.h"
#include "control/hooks/track_link.h"
#include "control/speaker/speaker.h"

namespace tandem::speaker {

/// The kernel's interfaces that all routers of a thread share.
struct Kernel {
  address::Netlink routes;
  address::Netlink netfilter;
  address::FrameSender frames;
  static base::Result<Kernel> open();
};

class SpeakingRouter {
 public:
  struct Surroundings {
    const address::HostLinks& links;
    /// Every virtual address of the configuration: never a source, never a subnet's proof.
    std::vector<net::IpAddress> virtual_ones;
    address::Lease lease;
    net::IpAddress gateway;
    std::chrono::seconds drain;
    /// Virtual MACs of the configuration before this one, which are taken over.
    std::vector<std::shared_ptr<address::VirtualMac>> macs;
  };
  /// Fills in what `settings` leaves open. Errors: as Speaker::create.
  static base::Result<std::unique_ptr<SpeakingRouter>> create(RouterSettings settings, const Surroundings& around);

  const RouterSettings& settings() const { return settings_; }
  const std::shared_ptr<address::VirtualMac>& mac() const { return mac_; }

  // The actions. Each returns 0 or an errno value.
  int send_advert(std::uint8_t priority);
  int hold(Kernel& kernel, vrrp::Instant now);
  int shelve(Kernel& kernel);
  int release(Kernel& kernel, bool drain, vrrp::Instant now);
  void announce(Kernel& kernel, unsigned rounds, vrrp::Instant now);
  void announce_source(Kernel& kernel) { kernel.frames.send(link_.index, source_announcement_); }
  void probe(Kernel& kernel, vrrp::Instant now);
  /// Foreign segments of living connections go to `previous` from now on, when it is a neighbour.
  int begin_passing_on(Kernel& kernel, const vrrp::Ip& previous, vrrp::Instant now);
  int end_passing_on(Kernel& kernel);
  int renew(Kernel& kernel) { return addresses_->renew(kernel.routes); }
  /// The kernel may have taken the addresses by itself, since they were not renewed in time.
  bool lease_ran_out(vrrp::Instant now) const;
  void remove_left_overs(Kernel& kernel);
  /// Before the thread runs: has the kernel load what a planned switch-over needs, which may take long the first time.
  void prepare_switch_over(Kernel& kernel);
  void ask_gateway(Kernel& kernel) { kernel.frames.send(link_.index, gateway_question_); }

  /// What is due by the clock beside the state machine; `fresh`: the lease may be renewed. Returns 0 or an errno value.
  int work(Kernel& kernel, vrrp::Instant now, bool fresh);
  vrrp::Instant next_deadline() const;

  /// True for a frame of another station.
  bool is_foreign(const address::Mac& mac) const;
  bool is_virtual(const net::IpAddress& ip) const;
  /// The link has another MAC now.
  void set_mac(int link, const address::Mac& mac);

  address::AdvertSocket& socket() { return *socket_; }
  address::NeighbourWatch& watch() { return *watch_; }
  address::VirtualAddresses& addresses() { return *addresses_; }
  int link() const { return link_.index; }
  const address::HostLink& host_link() const { return link_; }
  hooks::LinkState& own_link() { return *own_link_; }
  hooks::WatchedLinks& tracked() { return tracked_; }
  /// Whether a delay of an interface has ended.
  bool settle_links(vrrp::Instant now);
  /// After a reload: interfaces count as they did.
  void continue_links(const SpeakingRouter& before, vrrp::Instant now);
  bool has_gateway() const { return has_gateway_; }

  /// What the thread remembers about it between events; the router itself changes what its actions change.
  struct Memory {
    bool holding = false;
    bool shelved = false;
    bool passing_on = false;
    bool lapsed = false;
    bool send_failing = false;
    bool conflict = false;
    int own_removals = 0;
    int last_error = 0;
    int switch_over_error = 0;
    vrrp::Instant renew_at = vrrp::kNever;
    vrrp::Instant shelf_until = vrrp::kNever;
    vrrp::Instant pass_on_until = vrrp::kNever;
    vrrp::Instant probe_until = vrrp::kNever;
    vrrp::Instant conflict_until = vrrp::kNever;
    vrrp::Witness witness;
    // What a reload hands to the router after this one.
    int weight = 0;  // what the health side said
    int link_weight = 0;
    std::uint64_t faults = 0;
    bool unwell = false;
    std::optional<bool> ready;
    bool maintenance = false;
  };
  Memory memory;
  std::size_t group = 0;
  std::size_t member = 0;

 private:
  SpeakingRouter() = default;
  base::Result<void> find_links(const Surroundings& around);
  base::Result<void> find_virtual_mac(const Surroundings& around);
  base::Result<void> settle_addresses(const Surroundings& around);
  base::Result<void> open_sockets(const Surroundings& around);
  void build_frames(const Surroundings& around);
  void unshelve(Kernel& kernel);

  RouterSettings settings_;
  address::HostLink link_;
  std::optional<hooks::LinkState> own_link_;
  hooks::WatchedLinks tracked_;
  std::shared_ptr<address::VirtualMac> mac_;
  std::vector<address::VirtualAddress> all_addresses_;
  std::optional<address::AdvertSocket> socket_;
  std::optional<address::NeighbourWatch> watch_;
  std::optional<address::VirtualAddresses> addresses_;
  std::optional<address::Announcer> announcer_;
  std::optional<address::QuietAddresses> quiet_;
  std::optional<address::PassOn> pass_on_;
  address::Frame source_announcement_;
  address::Frame gateway_question_;
  struct Question {
    int link;
    address::Frame frame;
  };
  std::vector<Question> questions_;
  bool has_gateway_ = false;
  int source_prefix_ = 0;
  std::chrono::seconds drain_{};
  vrrp::PacketId packet_id_;
  std::vector<net::IpAddress> destinations_;
  std::array<std::uint8_t, vrrp::kMaxMessageSize + vrrp::kIpv4HeaderSize> packet_{};
};

}  // namespace tandem::speaker
