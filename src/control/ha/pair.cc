#include "control/ha/pair.h"

#include <unistd.h>

#include <boost/json/array.hpp>

#include "base/log.h"
#include "config/format/json_fields.h"
#include "control/ha/keepalived_dump.h"
#include "control/ha/pair_status.h"
#include "control/ha/speaker_settings.h"
#include "control/ha/witness.h"

namespace tandem::ha {
namespace {

using base::Result;
using boost::json::object;
using format::flag_in;
using format::text_in;

constexpr std::size_t kTransitionsShown = 5;

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string("node");
}

std::string mac_text(const std::array<std::uint8_t, 6>& mac) { return fmt::format("{:02x}", fmt::join(mac, ":")); }

std::string error_text(int code, std::string_view what) { return base::Error::from_errno(code, what).text(); }

/// For the history and notifications, which know keepalived's states only: a yielding node is still master.
std::string told_state(vrrp::State state) {
  return std::string(vrrp::name_of(state == vrrp::State::kYielding ? vrrp::State::kMaster : state));
}

}  // namespace

Pair::Pair(const model::HighAvailability& configuration, std::string state_directory)
    : configuration_(configuration),
      state_directory_(std::move(state_directory)),
      node_(configuration.nodeName.empty() ? host_name() : configuration.nodeName),
      transitions_(state_directory_) {}

Result<std::unique_ptr<Pair>> Pair::make(const model::HighAvailability& configuration, std::string state_directory) {
  std::unique_ptr<Pair> pair(new Pair(configuration, std::move(state_directory)));
  Result<speaker::SpeakerSettings> settings = speaker_settings(configuration);
  if (!settings) return std::move(settings.error());
  Result<std::unique_ptr<speaker::Speaker>> speaker = speaker::Speaker::create(std::move(*settings));
  if (!speaker) return std::move(speaker.error());
  pair->speaker_ = std::move(*speaker);
  Result<std::unique_ptr<NodeHealth>> health = NodeHealth::make(configuration, *pair->speaker_);
  if (!health) return std::move(health.error());
  pair->health_ = std::move(*health);
  Result<std::unique_ptr<hooks::Notifier>> notifier = hooks::Notifier::make(configuration, pair->node_);
  if (!notifier) return std::move(notifier.error());
  pair->notifier_ = std::move(*notifier);
  if (Result<void> opened = pair->open_peer_link(); !opened) return std::move(opened.error());
  return pair;
}

Result<void> Pair::open_peer_link() {
  if (!configuration_.peerLink) return {};
  const model::PeerLink& from = *configuration_.peerLink;
  peer::PeerLink::Settings settings{
      .node = node_,
      .listen = from.address,
      .peers = from.peers,
      .directory = from.certificateDirectory.empty() ? state_directory_ + "/ha" : from.certificateDirectory,
      .heartbeat = from.heartbeat.value,
      .timeout = from.timeout.value};
  if (settings.peers.empty()) settings.peers = configuration_.peers;
  for (const speaker::RouterSettings& router : speaker_->settings().routers) {
    for (const address::VirtualAddress& address : router.virtual_addresses) {
      const auto subnet = net::IpPrefix::parse(fmt::format("{}/{}", address.address.text(), address.prefix));
      if (subnet) settings.service.push_back(*subnet);
    }
  }
  Result<std::unique_ptr<peer::PeerLink>> link = peer::PeerLink::make(std::move(settings));
  if (!link) return std::move(link.error()).wrapped("ha.peerLink");
  link_ = std::move(*link);
  switch_over_ = std::make_unique<SwitchOver>(*speaker_, *link_);
  sharing_ =
      std::make_unique<TicketSharing>(node_, *link_, [this](const object& message) { outside_.tell_keys(message); });
  return {};
}

Result<void> Pair::start(Outside outside, std::optional<Left> left) {
  auto control = ControlSocket::listen(control_socket_path(state_directory_),
                                       [this](object request) { return execute(std::move(request)); });
  if (!control) return std::move(control.error());
  control_ = std::move(*control);
  outside_ = std::move(outside);
  if (left) {
    const speaker::Hurry hurry;
    take_over_from(*left);
    speaker_->start(left_);
  } else {
    speaker_->start();
  }
  if (left) speaker::reap(left->keeper);
  health_->start();
  if (link_ != nullptr) {
    link_->start([this] { weigh_peers(); },
                 [this](object request, const peer::PeerLink::Peer& from) { return answer(std::move(request), from); });
  }
  tasks_.spawn(hear_speaker());
  tasks_.spawn(tell_regularly());
  return {};
}

void Pair::take_over_from(const Left& left) {
  Result<speaker::Resumption> resumption = speaker::take_over(left.keeper);
  if (resumption) {
    left_ = std::move(*resumption);
    health_->go_on();
  } else {
    base::log_error("The virtual addresses do not pass to the program that was started",
                    {{"error", resumption.error().text()}});
  }
  if (sharing_ != nullptr) sharing_->know(left.ticket_keys);
  in_maintenance_ = left.maintenance;
  if (in_maintenance_) (void)speaker_->post({.event = vrrp::MaintenanceChanged{.on = true}});
}

loop::Task<object> Pair::answer(object request, peer::PeerLink::Peer from) {
  if (text_in(request, "type") == kTicketKeys) co_return sharing_->answer(request, from);
  loop::Task<object> work = switch_over_->answer(std::move(request), std::move(from));
  co_return co_await std::move(work);
}

void Pair::ticket_keys_are(std::string_view keys) {
  if (sharing_ != nullptr) sharing_->proxy_told(keys);
}

std::vector<object> Pair::ticket_keys() const {
  return sharing_ == nullptr ? std::vector<object>() : sharing_->messages();
}

void Pair::repeat_status() { outside_.tell(full_status()); }

loop::Task<void> Pair::hand_over() {
  if (switch_over_ != nullptr && switch_over_->is_master()) {
    const Result<void> given = co_await switch_over_->give_all();
    if (given) co_return;
    base::log_warn("The virtual addresses could not be handed over", {{"error", given.error().text()}});
  }
  speaker_->stop();
}

loop::Task<void> Pair::stop() {
  tasks_.cancel();
  control_.reset();
  speaker_->stop();
  for (speaker::Report report; speaker_->next_report(report);) take(report);
  sharing_.reset();
  link_.reset();
  co_await notifier_->drain(std::chrono::seconds(1));
}

std::vector<address::VirtualAddress> Pair::addresses() const {
  std::vector<address::VirtualAddress> all;
  for (const speaker::RouterSettings& router : speaker_->settings().routers) {
    all.insert(all.end(), router.virtual_addresses.begin(), router.virtual_addresses.end());
    all.insert(all.end(), router.excluded_addresses.begin(), router.excluded_addresses.end());
  }
  return all;
}

std::string Pair::obstacle_to_suspend() const {
  const speaker::Snapshot snapshot = speaker_->snapshot();
  for (std::size_t i = 0; i < snapshot.router_count; ++i) {
    const speaker::RouterSnapshot& router = snapshot.routers[i];
    if (!router.shelved && !router.passing_on && router.status.state != vrrp::State::kYielding) continue;
    return fmt::format("connections of a switch-over of {} still drain (ha.drainTimeout)",
                       name_of(static_cast<int>(i)));
  }
  return {};
}

loop::Task<Result<Pair::Left>> Pair::suspend() {
  tasks_.cancel();
  constexpr auto kPatience = std::chrono::seconds(1);
  co_await notifier_->drain(kPatience);
  control_.reset();
  TicketSharing::Keys ticket_keys = sharing_ == nullptr ? TicketSharing::Keys() : sharing_->known();
  switch_over_.reset();
  sharing_.reset();
  link_.reset();
  health_.reset();
  Result<speaker::Keeper> keeper = speaker_->leave_to_keeper();
  if (!keeper) co_return std::move(keeper.error());
  co_return Left{.keeper = std::move(*keeper), .maintenance = in_maintenance_, .ticket_keys = std::move(ticket_keys)};
}

void Pair::dump(int signal) {
  const Result<void> written = write_keepalived_dump(signal, speaker_->settings(), speaker_->snapshot());
  if (!written) base::log_error("The dump could not be written", {{"error", written.error().text()}});
}

loop::Task<void> Pair::hear_speaker() {
  loop::Descriptor reports(::dup(speaker_->reports_fd()));
  for (;;) {
    for (speaker::Report report; speaker_->next_report(report);) take(report);
    reports.drained();
    (void)co_await reports.readable(loop::kNever);
  }
}

void Pair::take(const speaker::Report& report) {
  const std::string& name = name_of(report.router);
  switch (report.kind) {
    case speaker::Report::Kind::kTransition:
      take_transition(report);
      break;
    case speaker::Report::Kind::kProblem:
      base::log_warn(report.action.present ? "Problem in the pair" : "Problem in the pair has ended",
                     {{"instance", name}, {"problem", vrrp::name_of(report.action.problem)}});
      if (report.action.problem == vrrp::Problem::kSecondMaster && report.action.present) {
        notifier_->tell(
            {.at = base::wall_now(), .name = name, .from = "MASTER", .to = hooks::Notifier::kLowerPriority});
      }
      break;
    case speaker::Report::Kind::kAskForTakeover:
      if (switch_over_ != nullptr) switch_over_->ask_back(report.router);
      break;
    case speaker::Report::Kind::kAddressesFailed:
      base::log_error("Virtual addresses cannot be changed",
                      {{"instance", name}, {"error", error_text(report.code, "netlink")}});
      break;
    case speaker::Report::Kind::kAddressesRemoved:
      base::log_warn(report.let_go ? "Somebody removed a virtual address that is not tracked; it stays away"
                                   : "Somebody removed a virtual address; it was put back",
                     {{"instance", name}, {"address", report.address.text()}});
      break;
    case speaker::Report::Kind::kTrackedInterface:
      base::log_info(report.up ? "A tracked interface is up" : "A tracked interface is down",
                     {{"instance", name}, {"interface", interface_of(report)}});
      break;
    case speaker::Report::Kind::kSendFailed:
      base::log_error("Adverts cannot be sent", {{"instance", name}, {"error", error_text(report.code, "send")}});
      break;
    case speaker::Report::Kind::kLeaseLapsed:
      base::log_error("The data plane was not proved alive: the virtual addresses are not renewed",
                      {{"instance", name}});
      break;
    case speaker::Report::Kind::kConflict:
      base::log_error("Another machine claims a virtual address",
                      {{"instance", name}, {"address", report.address.text()}, {"mac", mac_text(report.mac)}});
      break;
    case speaker::Report::Kind::kReloaded:
      break;
  }
  tell_all();
}

void Pair::take_transition(const speaker::Report& report) {
  const vrrp::Action& action = report.action;
  const std::string cause = action.reason == vrrp::Reason::kFault ? fault_text(action.fault, health_->faults())
                                                                  : std::string(vrrp::text_of(action.reason));
  base::log_info("Transition", {{"instance", name_of(report.router)},
                                {"from", vrrp::name_of(action.from)},
                                {"to", vrrp::name_of(action.to)},
                                {"reason", cause}});
  hooks::Transition transition{
      .at = base::WallTime(std::chrono::nanoseconds(report.wall_time)),
      .name = name_of(report.router),
      .from = action.from == vrrp::State::kInit ? "" : told_state(action.from),
      .to = told_state(action.to),
      .priority = speaker_->snapshot().routers[static_cast<std::size_t>(report.router)].status.priority,
      .reason = cause};
  if (transition.from == transition.to) return;
  if (action.from == vrrp::State::kInit && left_.routers.contains(transition.name) &&
      left_.was_master(transition.name) == (action.to == vrrp::State::kMaster)) {
    // It is what it was in the process before this one: nobody needs to be told.
    const std::string& group = speaker_->settings().routers[static_cast<std::size_t>(report.router)].group;
    if (!group.empty()) group_states_[group] = transition.to;
    return;
  }
  tell_group(transition);
  announce(std::move(transition));
}

/// A group is told of when all its members have arrived.
void Pair::tell_group(const hooks::Transition& transition) {
  const auto& routers = speaker_->settings().routers;
  const auto member = std::ranges::find(routers, transition.name, &speaker::RouterSettings::name);
  if (member == routers.end() || member->group.empty()) return;
  const speaker::Snapshot snapshot = speaker_->snapshot();
  for (std::size_t i = 0; i < routers.size(); ++i) {
    if (routers[i].group == member->group && told_state(snapshot.routers[i].status.state) != transition.to) return;
  }
  std::string& told = group_states_[member->group];
  if (told == transition.to) return;
  hooks::Transition of_group = transition;
  of_group.name = member->group;
  of_group.group = true;
  of_group.from = std::exchange(told, transition.to);
  of_group.priority = 0;
  announce(std::move(of_group));
}

void Pair::announce(hooks::Transition transition) {
  base::log_info(hooks::state_line(transition, node_));
  notifier_->tell(transition);
  transitions_.add(std::move(transition));
}

void Pair::weigh_peers() {
  const std::vector<peer::PeerLink::Peer> peers = link_->peers();
  const auto& routers = speaker_->settings().routers;
  for (std::size_t i = 0; i < routers.size(); ++i) {
    (void)speaker_->post(
        {.router = static_cast<int>(i), .event = vrrp::WitnessChanged{.witness = witness_of(peers, routers[i])}});
  }
  sharing_->tell_peers();
  outside_.tell(full_status());
}

loop::Task<void> Pair::tell_regularly() {
  constexpr auto kPeriod = std::chrono::seconds(1);
  for (;;) {
    tell_all();
    co_await loop::sleep_for(kPeriod);
  }
}

void Pair::tell_all() {
  if (!outside_.tell) return;
  if (link_ != nullptr) link_->tell(own_status());
  outside_.tell(full_status());
  tell_priorities();
}

void Pair::tell_priorities() {
  const speaker::Snapshot snapshot = speaker_->snapshot();
  for (std::size_t i = 0; i < snapshot.router_count; ++i) {
    const vrrp::Status& status = snapshot.routers[i].status;
    const std::string& name = name_of(static_cast<int>(i));
    const auto [told, is_new] = priorities_.try_emplace(name, status.priority);
    if (!is_new && told->second != status.priority) {
      notifier_->tell_priority(name, told_state(status.state), status.priority);
    }
    told->second = status.priority;
  }
}

object Pair::own_status() const {
  const speaker::Snapshot snapshot = speaker_->snapshot();
  object status = status_of({.node = node_,
                             .settings = speaker_->settings(),
                             .snapshot = snapshot,
                             .now = speaker::Speaker::now(),
                             .data_plane = health_->data_plane(),
                             .faults = health_->faults()});
  if (const auto& upstreams = configuration_.track.upstreams) {
    status["upstreams"] = upstreams_status(health_->upstreams(), *upstreams);
  }
  return status;
}

object Pair::full_status() const {
  object status = own_status();
  if (link_ != nullptr) {
    status["peers"] = peers_status(link_->peers());
    boost::json::array problems;
    for (const std::string& problem : link_->problems()) problems.emplace_back(problem);
    status["peerProblems"] = std::move(problems);
  }
  status["transitions"] = transitions_status(transitions_.all(), kTransitionsShown);
  status["transitionCount"] = transitions_.count();
  return status;
}

/// A command of `tandem ha`. The answer is the status, or has "done" or "error".
loop::Task<object> Pair::execute(object request) {
  const std::string_view word = text_in(request, "command");
  if (word == "status") co_return full_status();
  if (word == "failover") co_return co_await fail_over();
  if (word == "restart") {
    const Result<void> begun = co_await outside_.restart();
    if (!begun) co_return object{{"error", begun.error().text()}};
    co_return object{{"done", "the program starts anew; it keeps its sockets, addresses and connections"}};
  }
  if (word == "maintenance") {
    in_maintenance_ = flag_in(request, "on");
    if (in_maintenance_ && switch_over_ != nullptr && switch_over_->is_master()) {
      const Result<void> given = co_await switch_over_->give_all();
      if (!given) base::log_warn("The virtual addresses could not be handed over", {{"error", given.error().text()}});
    }
    (void)speaker_->post({.event = vrrp::MaintenanceChanged{.on = in_maintenance_}});
    base::log_info(in_maintenance_ ? "Maintenance begins" : "Maintenance ends");
    co_return object{{"done", in_maintenance_ ? "this node takes no part until `tandem ha maintenance off`"
                                              : "this node takes part again"}};
  }
  co_return object{{"error", fmt::format("unknown command \"{}\"", word)}};
}

loop::Task<object> Pair::fail_over() {
  if (switch_over_ == nullptr) {
    co_return object{{"error",
                      "a switch-over needs the link between the nodes (option ha.peerLink); without it, stop "
                      "the program or begin maintenance"}};
  }
  const bool gives = switch_over_->is_master();
  const Result<void> moved = gives ? co_await switch_over_->give_all() : co_await switch_over_->take_all();
  if (!moved) co_return object{{"error", moved.error().text()}};
  co_return object{
      {"done", gives ? "the other node holds the virtual addresses" : "this node holds the virtual addresses"}};
}

const std::string& Pair::interface_of(const speaker::Report& report) const {
  static const std::string kUnknown = "?";
  const auto& routers = speaker_->settings().routers;
  const auto router = static_cast<std::size_t>(report.router);
  const auto link = static_cast<std::size_t>(report.code);
  if (router >= routers.size() || link >= routers[router].tracked_interfaces.size()) return kUnknown;
  return routers[router].tracked_interfaces[link].name;
}

const std::string& Pair::name_of(int router) const {
  static const std::string kAll = "all";
  const auto& routers = speaker_->settings().routers;
  return router < 0 || static_cast<std::size_t>(router) >= routers.size()
             ? kAll
             : routers[static_cast<std::size_t>(router)].name;
}

}  // namespace tandem::ha
