#include "control/ha/pair.h"

#include <unistd.h>

#include <csignal>

#include "base/log.h"
#include "control/ha/control_socket.h"
#include "control/ha/pair_status.h"
#include "control/ha/speaker_settings.h"
#include "engine/loop/scope.h"

namespace tandem::ha {
namespace {

using base::Result;

/// Number of the fault that says that the data plane cannot serve.
constexpr std::uint8_t kDataPlaneFault = 0;
/// Leases are renewed for so long after the data plane was last seen to serve.
constexpr auto kProof = std::chrono::seconds(1);

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string("node");
}

std::string mac_text(const std::array<std::uint8_t, 6>& mac) { return fmt::format("{:02x}", fmt::join(mac, ":")); }

}  // namespace

struct Pair::State {
  model::HighAvailability configuration;
  std::string node;
  std::string state_directory;
  std::unique_ptr<Speaker> speaker;
  DataPlaneVerdict data_plane;
  std::vector<std::string> faults;  // by number
  std::function<void(const boost::json::object&)> tell;
  std::unique_ptr<ControlSocket> control;
  bool in_maintenance = false;
  bool has_served = false;
  loop::Scope tasks;

  boost::json::object status() const;
  loop::Task<boost::json::object> execute(boost::json::object request);

  loop::Task<void> hear_speaker();
  loop::Task<void> tell_regularly();
  void take(const Report& report);
  void log_transition(const Report& report);
  void tell_now();
  void command(const vrrp::Event& event, int router = Command::kAll) {
    (void)speaker->post({.router = router, .event = event});
  }
  const std::string& name_of_router(int router) const {
    return speaker->settings().routers[static_cast<std::size_t>(router)].name;
  }
};

Pair::Pair(std::unique_ptr<State> state) : state_(std::move(state)) {}
Pair::~Pair() = default;

Result<std::unique_ptr<Pair>> Pair::make(const model::HighAvailability& configuration, std::string state_directory) {
  Result<SpeakerSettings> settings = speaker_settings(configuration);
  if (!settings) return std::move(settings.error());
  Result<std::unique_ptr<Speaker>> speaker = Speaker::create(std::move(*settings));
  if (!speaker) return std::move(speaker.error());
  auto state = std::make_unique<State>();
  state->configuration = configuration;
  state->node = configuration.nodeName.empty() ? host_name() : configuration.nodeName;
  state->state_directory = std::move(state_directory);
  state->speaker = std::move(*speaker);
  state->faults.emplace_back("the data plane does not serve");
  return std::unique_ptr<Pair>(new Pair(std::move(state)));
}

Result<void> Pair::start(std::function<void(const boost::json::object&)> tell) {
  auto control = ControlSocket::listen(
      control_socket_path(state_->state_directory),
      [state = state_.get()](boost::json::object request) { return state->execute(std::move(request)); });
  if (!control) return std::move(control.error());
  state_->control = std::move(*control);
  state_->tell = std::move(tell);
  state_->speaker->start();
  state_->tasks.spawn(state_->hear_speaker());
  state_->tasks.spawn(state_->tell_regularly());
  return {};
}

void Pair::repeat_status() { state_->tell_now(); }

void Pair::data_plane_is(const DataPlaneVerdict& verdict) {
  using enum DataPlaneHealth;
  const model::HaHealth& health = state_->configuration.health;
  state_->data_plane = verdict;
  if (verdict.health == kWell) {
    base::log_info("The data plane serves");
  } else if (state_->has_served) {
    base::log_warn(verdict.health == kDead ? "The data plane cannot serve" : "The data plane is not well",
                   {{"reason", verdict.reason}});
  }
  // Before it served for the first time the node takes no part anyway.
  state_->has_served = state_->has_served || verdict.health == kWell;
  if (!state_->has_served) return;
  if (verdict.health != kWell) state_->faults[kDataPlaneFault] = "the data plane cannot serve: " + verdict.reason;
  const bool fatal = health.weight == 0;
  const bool faulty = verdict.health == kDead || (verdict.health == kUnwell && !state_->configuration.lastManStanding);
  if (verdict.health == kWell) state_->command(vrrp::ReadyChanged{.ready = true});
  state_->command(vrrp::UnwellChanged{.unwell = fatal && verdict.health == kUnwell && !faulty});
  state_->command(vrrp::FaultChanged{.fault = kDataPlaneFault, .present = fatal && faulty});
  if (!fatal) {
    state_->command(vrrp::WeightChanged{.total = verdict.health == kWell ? 0 : static_cast<int>(health.weight)});
  }
  state_->tell_now();
}

void Pair::data_plane_looked_at(const DataPlaneVerdict& verdict) {
  if (verdict.health != DataPlaneHealth::kDead) state_->speaker->data_plane_alive_until(Speaker::now() + kProof);
}

loop::Task<void> Pair::hand_over() {
  state_->speaker->stop();
  co_return;
}

void Pair::dump(int /*signal*/) {}

void Pair::stop() {
  state_->tasks.cancel();
  state_->speaker->stop();
}

loop::Task<void> Pair::State::hear_speaker() {
  loop::Descriptor reports(::dup(speaker->reports_fd()));
  for (;;) {
    Report report;
    while (speaker->next_report(report)) take(report);
    reports.drained();
    (void)co_await reports.readable(loop::kNever);
  }
}

void Pair::State::take(const Report& report) {
  const std::string& name = name_of_router(report.router);
  switch (report.kind) {
    case Report::Kind::kTransition:
      log_transition(report);
      break;
    case Report::Kind::kProblem:
      base::log_warn(report.action.present ? "Problem in the pair" : "Problem in the pair has ended",
                     {{"instance", name}, {"problem", vrrp::name_of(report.action.problem)}});
      break;
    case Report::Kind::kAddressesFailed:
      base::log_error("Virtual addresses cannot be changed",
                      {{"instance", name}, {"error", base::Error::from_errno(report.code, "netlink").text()}});
      break;
    case Report::Kind::kAddressesRemoved:
      base::log_warn("Somebody removed a virtual address; it was put back",
                     {{"instance", name}, {"address", report.address.text()}});
      break;
    case Report::Kind::kSendFailed:
      base::log_error("Adverts cannot be sent",
                      {{"instance", name}, {"error", base::Error::from_errno(report.code, "send").text()}});
      break;
    case Report::Kind::kLeaseLapsed:
      base::log_error("The data plane was not proved alive: the virtual addresses are not renewed",
                      {{"instance", name}});
      break;
    case Report::Kind::kConflict:
      base::log_error("Another machine claims a virtual address",
                      {{"instance", name}, {"address", report.address.text()}, {"mac", mac_text(report.mac)}});
      break;
    case Report::Kind::kAskForTakeover:
      break;
    case Report::Kind::kReloaded:
      break;
  }
  tell_now();
}

void Pair::State::log_transition(const Report& report) {
  const vrrp::Action& action = report.action;
  const std::string cause = action.reason == vrrp::Reason::kFault ? fault_text(action.fault, faults)
                                                                  : std::string(vrrp::text_of(action.reason));
  base::log_info("Transition", {{"instance", name_of_router(report.router)},
                                {"from", vrrp::name_of(action.from)},
                                {"to", vrrp::name_of(action.to)},
                                {"reason", cause}});
}

loop::Task<void> Pair::State::tell_regularly() {
  constexpr auto kPeriod = std::chrono::seconds(1);
  for (;;) {
    tell_now();
    co_await loop::sleep_for(kPeriod);
  }
}

void Pair::State::tell_now() { tell(status()); }

boost::json::object Pair::State::status() const {
  const Snapshot snapshot = speaker->snapshot();
  return status_of({.node = node,
                    .settings = speaker->settings(),
                    .snapshot = snapshot,
                    .data_plane = data_plane,
                    .faults = faults});
}

/// A command of `tandem ha`. The answer is the status, or has "done" or "error".
loop::Task<boost::json::object> Pair::State::execute(boost::json::object request) {
  const boost::json::value* const name = request.if_contains("command");
  const std::string_view word = name != nullptr && name->is_string() ? std::string_view(name->get_string()) : "";
  if (word == "status") co_return status();
  if (word == "maintenance") {
    const boost::json::value* const on = request.if_contains("on");
    in_maintenance = on != nullptr && on->is_bool() && on->get_bool();
    command(vrrp::MaintenanceChanged{.on = in_maintenance});
    base::log_info(in_maintenance ? "Maintenance begins" : "Maintenance ends");
    co_return boost::json::object{
        {"done", in_maintenance ? "this node takes no part until `ha maintenance off`" : "this node takes part again"}};
  }
  co_return boost::json::object{{"error", fmt::format("unknown command \"{}\"", word)}};
}

}  // namespace tandem::ha
