#include "control/ha/node_health.h"

#include "base/log.h"

namespace tandem::ha {
namespace {

using base::Result;

/// Leases are renewed for so long after the data plane was last seen to serve.
constexpr auto kProof = std::chrono::seconds(1);
constexpr std::uint8_t kDataPlaneFault = 0;
/// Fault numbers that are ours; the speaker has those above.
constexpr std::size_t kMostChecks = 56;

}  // namespace

Result<std::unique_ptr<NodeHealth>> NodeHealth::make(const model::HighAvailability& configuration, Speaker& speaker) {
  std::unique_ptr<NodeHealth> health(new NodeHealth(configuration, speaker));
  health->add_check({});
  if (Result<void> followed = health->follow(); !followed) return std::move(followed.error());
  return health;
}

Result<void> NodeHealth::follow() {
  const model::HaTrack& track = configuration_.track;
  if (track.scripts.size() + track.files.size() + 1 > kMostChecks) {
    return base::Error(base::ErrorKind::kLimit,
                       fmt::format("ha.track: at most {} scripts and files can be followed", kMostChecks - 1));
  }
  const hooks::CommandRules rules{.user = configuration_.scriptUser, .security = configuration_.scriptSecurity};
  for (const model::TrackedScript& script : track.scripts) {
    Check& check = add_check(script.instances);
    auto runner = hooks::ScriptRunner::make(script, rules, [this, &check](const hooks::ScriptRunner& told) {
      take(check, told.state().effect, told.reason());
    });
    if (!runner) return std::move(runner.error()).wrapped("ha.track.scripts");
    scripts_.push_back(std::move(*runner));
  }
  for (const model::TrackedFile& file : track.files) {
    Check& check = add_check(file.instances);
    auto followed = hooks::TrackFile::make(
        file, [this, &check](const hooks::TrackFile& told) { take(check, told.effect(), told.reason()); });
    if (!followed) return std::move(followed.error()).wrapped("ha.track.files");
    files_.push_back(std::move(*followed));
    take(check, files_.back()->effect(), files_.back()->reason());
  }
  return {};
}

NodeHealth::Check& NodeHealth::add_check(const std::vector<std::string>& instances) {
  auto check = std::make_unique<Check>();
  check->fault = static_cast<std::uint8_t>(faults_.size());
  const auto& routers = speaker_.settings().routers;
  for (std::size_t i = 0; i < routers.size(); ++i) {
    if (instances.empty() || std::ranges::find(instances, routers[i].name) != instances.end()) {
      check->routers.push_back(static_cast<int>(i));
    }
  }
  faults_.emplace_back();
  checks_.push_back(std::move(check));
  return *checks_.back();
}

void NodeHealth::start() {
  for (const auto& script : scripts_) script->start();
  for (const auto& file : files_) file->start();
  post_weights();
}

void NodeHealth::take(Check& check, const hooks::TrackEffect& effect, std::string reason) {
  const bool fault_changes = effect.fault != check.effect.fault;
  if (effect != check.effect || !check.known) base::log_info("A check of this node changed", {{"check", reason}});
  if (!reason.empty()) faults_[check.fault] = std::move(reason);
  check.effect = effect;
  check.known = true;
  if (fault_changes) {
    for (const int router : check.routers) {
      (void)speaker_.post(
          {.router = router, .event = vrrp::FaultChanged{.fault = check.fault, .present = effect.fault}});
    }
  }
  post_weights();
}

void NodeHealth::post_weights() {
  for (std::size_t i = 0; i < speaker_.settings().routers.size(); ++i) {
    int total = 0;
    for (const auto& check : checks_) {
      const bool concerned = std::ranges::find(check->routers, static_cast<int>(i)) != check->routers.end();
      if (concerned) total += static_cast<int>(check->effect.weight);
    }
    (void)speaker_.post({.router = static_cast<int>(i), .event = vrrp::WeightChanged{.total = total}});
  }
}

void NodeHealth::data_plane_is(const DataPlaneVerdict& verdict) {
  using enum DataPlaneHealth;
  data_plane_ = verdict;
  has_served_ = has_served_ || verdict.health == kWell;
  if (!has_served_) return;
  if (verdict.health == kWell) {
    base::log_info("The data plane serves");
  } else {
    base::log_warn(verdict.health == kDead ? "The data plane cannot serve" : "The data plane is not well",
                   {{"reason", verdict.reason}});
  }
  const auto weight = configuration_.health.weight;
  const bool faulty = verdict.health == kDead || (verdict.health == kUnwell && !configuration_.lastManStanding);
  const bool fatal = weight == 0;
  (void)speaker_.post({.event = vrrp::ReadyChanged{.ready = true}});
  (void)speaker_.post({.event = vrrp::UnwellChanged{.unwell = fatal && verdict.health == kUnwell && !faulty}});
  take(*checks_[kDataPlaneFault], {.weight = verdict.health == kWell ? 0 : weight, .fault = fatal && faulty},
       verdict.health == kWell ? "" : "the data plane cannot serve: " + verdict.reason);
}

void NodeHealth::data_plane_looked_at(const DataPlaneVerdict& verdict) {
  if (verdict.health != DataPlaneHealth::kDead) speaker_.data_plane_alive_until(Speaker::now() + kProof);
}

}  // namespace tandem::ha
