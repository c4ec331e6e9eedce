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

Result<std::unique_ptr<NodeHealth>> NodeHealth::make(const model::HighAvailability& configuration,
                                                     speaker::Speaker& speaker) {
  std::unique_ptr<NodeHealth> health(new NodeHealth(configuration, speaker));
  health->add_check("data plane", {});
  if (Result<void> followed = health->follow(); !followed) return std::move(followed.error());
  return health;
}

Result<void> NodeHealth::follow() {
  const model::HaTrack& track = configuration_.track;
  constexpr std::size_t kOthers = 2;  // the data plane and the upstreams
  if (track.scripts.size() + track.files.size() + kOthers > kMostChecks) {
    return base::Error(base::ErrorKind::kLimit,
                       fmt::format("ha.track: at most {} scripts and files can be followed", kMostChecks - kOthers));
  }
  const hooks::CommandRules rules{.user = configuration_.scriptUser, .security = configuration_.scriptSecurity};
  for (const model::TrackedScript& script : track.scripts) {
    Check& check = add_check("script " + (script.name.empty() ? script.command : script.name), script.instances);
    auto runner = hooks::ScriptRunner::make(script, rules, [this, &check](const hooks::ScriptRunner& told) {
      const hooks::ScriptState& state = told.state();
      const bool reverse = told.script().reverse;
      take(check, state.effect, state.known ? hooks::effect_of(0, reverse, state.good) : hooks::TrackEffect{},
           told.reason());
    });
    if (!runner) return std::move(runner.error()).wrapped("ha.track.scripts");
    scripts_.push_back(std::move(*runner));
  }
  for (const model::TrackedFile& file : track.files) {
    Check& check = add_check("file " + file.path, file.instances);
    auto followed =
        hooks::TrackFile::make(file, [this, &check](const hooks::TrackFile& told) { take_file(check, told); });
    if (!followed) return std::move(followed.error()).wrapped("ha.track.files");
    files_.push_back(std::move(*followed));
    take_file(check, *files_.back());
  }
  if (track.upstreams) upstream_check_ = &add_check("upstreams", {});
  return {};
}

NodeHealth::Check& NodeHealth::add_check(std::string name, const std::vector<std::string>& instances) {
  auto check = std::make_unique<Check>();
  check->name = std::move(name);
  check->fault = static_cast<std::uint8_t>(faults_.size());
  const auto& routers = speaker_.settings().routers;
  for (std::size_t i = 0; i < routers.size(); ++i) {
    if (instances.empty() || std::ranges::find(instances, routers[i].name) != instances.end()) {
      check->routers.push_back(
          {.router = static_cast<int>(i), .weights = model::weights_count(configuration_, routers[i].name)});
    }
  }
  faults_.emplace_back();
  checks_.push_back(std::move(check));
  return *checks_.back();
}

void NodeHealth::go_on() {
  has_served_ = true;
  keeps_weights_ = true;
  data_plane_ = {.health = DataPlaneHealth::kWell, .reason = {}};
  checks_[kDataPlaneFault]->known = true;
  (void)speaker_.post({.event = vrrp::ReadyChanged{.ready = true}});
}

void NodeHealth::start() {
  for (const auto& script : scripts_) script->start();
  for (const auto& file : files_) file->start();
  post_weights();
}

void NodeHealth::take_file(Check& check, const hooks::TrackFile& told) {
  take(check, told.effect(), hooks::effect_of_number(told.number(), 0), told.reason());
}

void NodeHealth::take(Check& check, const hooks::TrackEffect& effect, const hooks::TrackEffect& unweighted,
                      std::string reason) {
  const Check before = check;
  if (effect != check.effect || !check.known) {
    base::log_info("A check of this node changed", {{"check", check.name},
                                                    {"weight", std::to_string(effect.weight)},
                                                    {"fault", effect.fault ? "true" : "false"},
                                                    {"reason", reason}});
  }
  if (!reason.empty()) faults_[check.fault] = std::move(reason);
  check.effect = effect;
  check.unweighted = unweighted;
  check.known = true;
  for (const Check::Concerned& one : check.routers) {
    const bool fault = check.effect_on(one).fault;
    if (fault == before.effect_on(one).fault) continue;
    (void)speaker_.post({.router = one.router, .event = vrrp::FaultChanged{.fault = check.fault, .present = fault}});
  }
  post_weights();
}

void NodeHealth::post_weights() {
  keeps_weights_ = keeps_weights_ && std::ranges::any_of(checks_, [](const auto& check) { return !check->known; });
  if (keeps_weights_) return;
  for (std::size_t i = 0; i < speaker_.settings().routers.size(); ++i) {
    int total = 0;
    for (const auto& check : checks_) {
      const auto found = std::ranges::find(check->routers, static_cast<int>(i), &Check::Concerned::router);
      if (found != check->routers.end()) total += static_cast<int>(check->effect_on(*found).weight);
    }
    (void)speaker_.post({.router = static_cast<int>(i), .event = vrrp::WeightChanged{.total = total}});
  }
}

void NodeHealth::post_unwell() {
  // What it was in the process before this one holds until the proxy has told.
  const bool undecided = keeps_weights_ && upstream_check_ != nullptr && !upstream_check_->known;
  for (std::size_t i = 0; i < speaker_.settings().routers.size(); ++i) {
    const bool unwell = std::ranges::any_of(checks_, [i](const auto& check) {
      const auto found = std::ranges::find(check->routers, static_cast<int>(i), &Check::Concerned::router);
      return check->unwell && found != check->routers.end() && (check->weight_is_0 || !found->weights);
    });
    if (!unwell && undecided) continue;
    (void)speaker_.post({.router = static_cast<int>(i), .event = vrrp::UnwellChanged{.unwell = unwell}});
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
  (void)speaker_.post({.event = vrrp::ReadyChanged{.ready = true}});
  take_verdict(*checks_[kDataPlaneFault], configuration_.health.weight, verdict.health,
               verdict.health == kWell ? "" : "the data plane cannot serve: " + verdict.reason);
}

void NodeHealth::upstreams_are(UpstreamReport report) {
  if (upstream_check_ == nullptr) return;
  const model::TrackedUpstreams& options = *configuration_.track.upstreams;
  std::string reason = upstream_shortage(report, options.quorum);
  const bool enough = reason.empty();
  if (!upstreams_ || enough != upstream_shortage(*upstreams_, options.quorum).empty()) {
    if (enough)
      base::log_info("Enough upstream services have a living server");
    else
      base::log_warn("Too few upstream services have a living server", {{"reason", reason}});
  }
  upstreams_ = std::move(report);
  // When no node reaches them, one of them has to hold the addresses all the same.
  take_verdict(*upstream_check_, options.weight, enough ? DataPlaneHealth::kWell : DataPlaneHealth::kUnwell,
               std::move(reason));
}

void NodeHealth::take_verdict(Check& check, std::int64_t weight, DataPlaneHealth health, std::string reason) {
  using enum DataPlaneHealth;
  const bool faulty = health == kDead || (health == kUnwell && !configuration_.lastManStanding);
  check.unwell = health == kUnwell && !faulty;
  check.weight_is_0 = weight == 0;
  take(check, {.weight = health == kWell ? 0 : weight, .fault = weight == 0 && faulty}, {.weight = 0, .fault = faulty},
       std::move(reason));
  post_unwell();
}

void NodeHealth::data_plane_looked_at(const DataPlaneVerdict& verdict) {
  if (verdict.health != DataPlaneHealth::kDead) speaker_.data_plane_alive_until(speaker::Speaker::now() + kProof);
}

}  // namespace tandem::ha
