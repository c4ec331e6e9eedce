#pragma once

// What a Speaker consists of: the plan (routers and their state machines), the thread that runs it, and the channels to
// other threads. Internal to speaker*.cc. The plan belongs to the VRRP thread while that runs.

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "control/address/netlink.h"
#include "control/speaker/bounded_queue.h"
#include "control/speaker/published.h"
#include "control/speaker/speaker.h"
#include "control/speaker/speaking_router.h"
#include "control/vrrp/group.h"

namespace tandem::speaker {

/// A configuration ready to run.
struct Plan {
  struct GroupPlan {
    vrrp::Group group;
    std::vector<std::size_t> routers;  // by member
  };
  SpeakerSettings settings;
  std::vector<std::unique_ptr<SpeakingRouter>> routers;
  std::vector<GroupPlan> groups;
  /// For each router: what it held in the plan before and does not hold any more.
  std::vector<std::unique_ptr<address::VirtualAddresses>> given_up;

  static base::Result<std::unique_ptr<Plan>> build(SpeakerSettings settings, const Plan* before);
  const vrrp::Instance& instance(std::size_t router) const {
    return groups[routers[router]->group].group.member(routers[router]->member);
  }
  SpeakingRouter* by_name(const std::string& name);
};

struct Speaker::State {
  explicit State(Kernel opened, address::LinkMonitor watching)
      : kernel(std::move(opened)), monitor(std::move(watching)) {}

  // The thread (speaker_loop.cc).
  void run(const std::vector<vrrp::Instant>& resume);
  void begin(const std::vector<vrrp::Instant>& resume);
  void leave();
  void keep(int line, vrrp::Duration longest);
  Resumption left() const;
  void wait();
  void turn();
  void read_adverts(std::size_t router);
  void read_neighbours(std::size_t router);
  void read_links();
  void take_link_event(const address::LinkEvent& event);
  void take_removed_address(const address::LinkEvent& event);
  void read_commands();
  void take_command(const Command& command);
  void swap_plan(Plan* next);
  void let_go_unless_in(Plan& next, std::size_t router);
  void continue_from(std::size_t router, Plan& old);
  void work();
  void watch_gateway();
  void settle_probe(std::size_t router);
  void publish();
  vrrp::Instant next_deadline() const;
  void register_plan();
  void forget_plan();

  // Events and their actions (speaker_actions.cc).
  void feed(std::size_t router, const vrrp::Event& event);
  void feed_group(std::size_t group, const vrrp::Event& event);
  void feed_witness(std::size_t router);
  void apply(std::size_t router, const vrrp::Event& event);
  void set_fault(std::size_t router, std::uint8_t fault, bool present);
  void feed_weight(std::size_t router);
  void judge_links(std::size_t router);
  void carry_out(std::size_t group);
  void carry_out(std::size_t router, const vrrp::Action& action);
  void note_error(std::size_t router, int code);
  void report(Report::Kind kind, std::size_t router, const vrrp::Action& action = {}, int code = 0);
  void push(const Report& report);
  bool lease_fresh() const;

  // Shared with other threads.
  BoundedQueue<Command, 1024> mailbox;
  BoundedQueue<Report, 1024> reports;
  Published<Snapshot> published;
  std::atomic<std::int64_t> alive_until{INT64_MAX};
  std::atomic<bool> suspending{false};
  std::atomic<Plan*> next_plan{nullptr};
  std::atomic<Plan*> retired_plan{nullptr};
  address::OwnedDescriptor wake;  // commands wait
  address::OwnedDescriptor report_ready;
  std::thread thread;
  std::atomic<bool> ended{false};

  // The thread's own after start().
  std::unique_ptr<Plan> plan;
  Kernel kernel;
  address::LinkMonitor monitor;
  address::OwnedDescriptor epoll;
  address::OwnedDescriptor timer;
  vrrp::Instant now{};
  vrrp::Instant armed = vrrp::kNever;
  bool stopping = false;
  vrrp::Actions actions;
  Snapshot snapshot;
  std::uint64_t reports_lost = 0;
  Lateness lateness;
  bool realtime = false;
  bool memory_locked = false;

  struct GatewayWatch {
    bool asked = false;
    int unanswered = 0;
    vrrp::Instant ask_at = vrrp::kNever;
    vrrp::Witness::Gateway state = vrrp::Witness::Gateway::kNone;
  };
  GatewayWatch gateway;
};

}  // namespace tandem::speaker
