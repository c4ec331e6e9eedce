#include "app/serve.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <set>

#include "app/configuration_state.h"
#include "app/internal_services.h"
#include "app/kept_sources.h"
#include "app/metrics_page.h"
#include "app/ocsp_stapling.h"
#include "app/problems.h"
#include "app/program_metrics.h"
#include "app/ready.h"
#include "app/reload.h"
#include "app/router_errors.h"
#include "app/signals.h"
#include "base/log.h"
#include "base/version.h"
#include "config/model/effective.h"
#include "control/ha/ticket_sharing.h"
#include "control/provider/all.h"
#include "control/telemetry/access_writer.h"
#include "control/telemetry/log_file.h"
#include "engine/loop/scope.h"
#include "proxy/entry/server.h"
#include "proxy/handshake/tls_material.h"
#include "proxy/routing/upstreams.h"

namespace tandem::app {
namespace {

using Duration = loop::Nanoseconds;

constexpr Duration kLookForEnd = std::chrono::milliseconds(10);
constexpr Duration kLongestHold = std::chrono::seconds(2);

class Program {
 public:
  /// `handed`: by the supervisor, when there is one.
  Program(std::shared_ptr<const model::StaticConfiguration> configuration, std::unique_ptr<entry::Server> server,
          std::optional<Handed> handed)
      : static_(std::move(configuration)),
        handed_(std::move(handed)),
        server_(std::move(server)),
        reload_(static_, [this](Candidate candidate) { apply(std::move(candidate)); }),
        metrics_(ProgramMetrics::make({*static_, *server_, state_, [this] { return provider_names(); },
                                       [this] { return dropped_log_lines(); }, [this] { return ocsp_figures(); },
                                       [this] { return pair_status_.get(); }})),
        services_(internal_services({static_, state_, stopping_, metrics_page(), handed_ ? &pair_status_ : nullptr})) {}

  /// Runs until the program was told to stop and has stopped.
  void run(Signals& signals) {
    wrap_entry_points();
    open_access_log();
    entry::Observers observers{.access_log = access_log_.get()};
    if (metrics_ != nullptr) observers.metrics = &metrics_->metrics();
    server_->observe(observers);
    if (handed_) server_->hold();
    server_->start();
    if (handed_) tasks_.spawn(accept_at_last());
    watch_upstreams();
    const std::string& chosen = static_->stateDirectory;
    const std::string directory = chosen.empty() ? history::default_directory() : chosen;
    if (!directory.empty()) memory_ = std::make_unique<KeptSources>(directory);
    providers_ = provider::make_all(static_->providers, memory_.get());
    for (const auto& each : providers_) {
      base::log_info("Starting provider", {{"providerName", each->name()}});
      tasks_.spawn(each->run(reload_));
    }
    if (static_->ocsp) stapling_.emplace(*static_->ocsp);
    reload_.begin();
    tasks_.spawn(listen_to(signals));
    if (handed_) tasks_.spawn(listen_to_supervisor());
    if (handed_ && static_->ha && static_->ha->peerLink) tasks_.spawn(tell_ticket_keys(*handed_->channel));
    loop::Loop::current().run();
    tasks_.cancel();
    if (stapling_) stapling_->stop();
    server_->stop();
    if (access_writer_) access_writer_->stop();
  }

 private:
  /// Puts what is no router's before the routers.
  void wrap_entry_points() {
    for (const auto& [name, entry_point] : static_->entryPoints) {
      const bool internal = name == model::kInternalEntryPoint;
      if (!internal && !handed_) continue;
      server_->wrap(name, [this, internal](http::HandlerPtr routers) {
        if (internal) routers = make_ready(std::move(routers), ready_);
        return handed_ ? make_health_answer(std::move(routers), handed_->health_path) : routers;
      });
    }
    if (handed_) server_->beat(handed_->page->hearts);
  }

  /// Clients that came while a crashed process was replaced wait for routers rather than get 404: the supervisor's
  /// sockets keep them. But not for ever, when a provider has nothing to say.
  loop::Task<void> accept_at_last() {
    co_await loop::sleep_for(kLongestHold);
    server_->accept_now();
  }

  /// The supervisor's end is this process's as well.
  loop::Task<void> listen_to_supervisor() {
    for (;;) {
      std::optional<ha::Message> message = co_await handed_->channel->receive();
      if (!message) break;
      if (message->type() == ha::kTicketKeys) take_ticket_keys(message->body);
      if (message->type() != "status") continue;
      if (const auto* const status = message->body.if_contains("status"); status != nullptr && status->is_object()) {
        pair_status_.set(std::make_shared<const boost::json::object>(status->get_object()));
      }
    }
    base::log_error("The supervisor has gone");
    let_go_of_addresses(*handed_);
    begin_to_stop();
  }

  /// The supervisor of a node that is only worth something while it reaches its services.
  void watch_upstreams() {
    if (!handed_ || !static_->ha || !static_->ha->track.upstreams) return;
    upstreams_.emplace(static_->ha->track.upstreams->services,
                       [this](const routing::UpstreamState& state) { tell_upstreams(*handed_->channel, state); });
  }

  void begin_to_stop() {
    // Its death is told by a signal as well, which may be the first to arrive.
    if (handed_ && ::getppid() != handed_->supervisor) let_go_of_addresses(*handed_);
    if (stopping_.exchange(true)) return;
    ready_.store(false, std::memory_order_release);
    if (handed_) handed_->page->draining.store(true, std::memory_order_release);
    tasks_.spawn(stop_gracefully());
  }

  /// What the supervisor may know of the configuration in force.
  void tell_page(const routing::Snapshot& snapshot) {
    if (!handed_) return;
    handed_->page->routers.store(snapshot.routers().size(), std::memory_order_relaxed);
  }

  void open_access_log() {
    if (!static_->accessLog) return;
    std::vector<std::string> problems;
    access_log_ = telemetry::make_access_log(*static_->accessLog, problems);
    auto format = telemetry::make_access_format(*static_->accessLog, problems);
    for (const std::string& problem : problems) base::log_error("Error in the options", {{"error", problem}});
    access_writer_ =
        std::make_unique<telemetry::AccessWriter>(*access_log_, std::move(format), static_->accessLog->filePath);
    access_writer_->start();
  }

  format::Position locate(std::string_view provider, std::string_view path) const {
    for (const auto& each : providers_) {
      if (each->name() == provider) return each->locate(path);
    }
    return {};
  }

  std::vector<std::string> provider_names() const {
    std::vector<std::string> names;
    for (const auto& each : providers_) names.emplace_back(each->name());
    return names;
  }

  std::optional<std::uint64_t> dropped_log_lines() const {
    return access_log_ == nullptr ? std::nullopt : std::optional(access_log_->dropped());
  }

  std::optional<OcspStapling::Figures> ocsp_figures() const {
    return stapling_ ? std::optional(stapling_->figures()) : std::nullopt;
  }

  http::HandlerPtr metrics_page() {
    if (metrics_ == nullptr) return nullptr;
    return make_metrics_page(loop::Loop::current(), [this] { return metrics_->page(); });
  }

  void apply(Candidate candidate) {
    const routing::BuildInput input{.static_configuration = static_,
                                    .dynamic = candidate.configuration,
                                    .internal_services = services_,
                                    .metrics = metrics_ == nullptr ? nullptr : &metrics_->metrics(),
                                    .tls = &tls_material_,
                                    .offers_http2 = entry::Server::kServesHttp2,
                                    .look_at_files = candidate.named_files_changed,
                                    .changed_certificates = std::move(candidate.changed_certificates)};
    auto snapshot = routing::build_snapshot(input, state_.snapshot());
    const Locate where = [this](std::string_view provider, std::string_view path) { return locate(provider, path); };
    const format::Problems problems = errors_of(*snapshot, where);
    report(problems);
    for (const format::Problem& problem : problems) {
      candidate.errors.push_back({problem.path.substr(problem.path.rfind('@') + 1), problem});
    }
    const std::vector<tls::CertificatePtr> fresh = tls_material_.take_new_with_responder();
    if (stapling_) stapling_->follow(fresh);
    state_.publish(snapshot, std::move(candidate.errors), candidate.recalled);
    if (metrics_ != nullptr) metrics_->applied(*snapshot);
    const bool complete = std::ranges::all_of(
        providers_, [this](const auto& each) { return reload_.has_delivered(std::string(each->name())); });
    tell_page(*snapshot);
    if (upstreams_ && complete) upstreams_->follow(snapshot->dynamic());
    server_->swap(snapshot, [this, complete] {
      if (!complete || stopping_.load(std::memory_order_relaxed)) return;
      ready_.store(true, std::memory_order_release);
      if (!handed_) return;
      server_->accept_now();
      handed_->page->ready.store(true, std::memory_order_release);
    });
    base::log_debug("Configuration applied");
  }

  /// Says what is new; what was said and still holds is not repeated.
  void report(const format::Problems& problems) {
    std::set<std::string> now;
    for (const format::Problem& problem : problems) {
      std::string text = problem.text();
      if (!said_.contains(text)) base::log_error("Error in the dynamic configuration", {{"error", text}});
      now.insert(std::move(text));
    }
    said_ = std::move(now);
  }

  loop::Task<void> listen_to(Signals& signals) {
    for (;;) {
      const int signal = co_await signals.next();
      if (signal == SIGHUP) {
        base::log_info("Reloading the dynamic configuration");
        for (const auto& each : providers_) each->reload();
      } else if (signal == SIGUSR1) {
        base::log_info("Closing and re-opening log files for rotation: user defined signal 1");
        base::reopen_log();
        if (access_writer_) access_writer_->reopen();
      } else {
        begin_to_stop();
      }
    }
  }

  loop::Task<void> stop_gracefully() {
    base::log_info("I have to go...");
    base::log_info("Stopping server gracefully");
    loop::Scope stops;
    for (const auto& [name, entry_point] : static_->entryPoints)
      stops.spawn(stop_entry_point(name, entry_point.transport.lifeCycle));
    co_await stops.join();
    base::log_info("Server stopped");
    loop::Loop::current().stop();
  }

  /// Each entry point has time-outs of its own (Traefik: transport.lifeCycle).
  loop::Task<void> stop_entry_point(std::string name, model::LifeCycle life_cycle) {
    const loop::Loop& loop = loop::Loop::current();
    if (life_cycle.requestAcceptGraceTimeout.value.count() > 0) {
      base::log_info("Waiting for incoming requests to cease", {{"entryPointName", name}});
      co_await loop::sleep_for(life_cycle.requestAcceptGraceTimeout.value);
    }
    server_->drain(name);
    const loop::TimePoint end = loop.now() + life_cycle.graceTimeOut.value;
    while (server_->sessions(name) > 0 && loop.now() < end) co_await loop::sleep_for(kLookForEnd);
    server_->cut(name);
  }

  std::shared_ptr<const model::StaticConfiguration> static_;
  std::optional<Handed> handed_;
  PairStatus pair_status_;
  handshake::TlsMaterial tls_material_;
  std::optional<OcspStapling> stapling_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> ready_{false};
  ConfigurationState state_;
  std::unique_ptr<observe::AccessLog> access_log_;
  std::unique_ptr<telemetry::AccessWriter> access_writer_;
  std::unique_ptr<entry::Server> server_;
  Reload reload_;
  std::unique_ptr<ProgramMetrics> metrics_;  // null: off
  InternalServices services_;
  std::unique_ptr<KeptSources> memory_;
  std::vector<std::unique_ptr<provider::Provider>> providers_;
  std::set<std::string> said_;
  std::optional<routing::UpstreamWatch> upstreams_;
  loop::Scope tasks_;
};

void report_start(const StaticLoad& load, bool level_is_known) {
  if (!level_is_known) {
    base::log_error("Unknown log level, using ERROR", {{"level", load.configuration.log->level}});
  }
  base::log_info("tandem starts", {{"version", base::kVersion}, {"configuration", load.origin}});
  for (const format::Problem& warning : load.warnings) base::log_warn(warning.text());
  for (const std::string& path : load.not_built) {
    base::log_warn("Option has no effect yet: it is not built", {{"option", path}});
  }
}

telemetry::LogFileOptions log_file_options(const model::Log& log) {
  telemetry::LogFileOptions options{.path = log.filePath};
  constexpr int kMegabyte = 20;  // as a shift
  if (log.maxSize > 0) options.max_bytes = static_cast<std::uint64_t>(log.maxSize) << kMegabyte;
  if (log.maxAge > 0) options.max_age = std::chrono::days(log.maxAge);
  if (log.maxBackups > 0) options.max_backups = static_cast<std::size_t>(log.maxBackups);
  return options;
}

}  // namespace

int serve(const StaticLoad& load, entry::ListeningSockets sockets, std::size_t workers, std::optional<Handed> handed) {
  // Without a file provider SIGHUP keeps its default action, the end of the process, as in Traefik.
  const bool reloads = load.configuration.providers.file.has_value();
  Signals::block({SIGTERM, SIGINT, SIGUSR1});
  if (reloads) Signals::block({SIGHUP});
  auto configuration = std::make_shared<const model::StaticConfiguration>(load.configuration);
  auto server = entry::Server::make(*configuration, std::move(sockets), workers);
  if (!server) {
    report_command_error(server.error().text());
    return 1;
  }
  bool level_is_known = true;
  base::LogSettings settings = log_settings(*configuration, level_is_known);
  if (!settings.file_path.empty()) {
    auto file = telemetry::LogFile::open(log_file_options(*configuration->log));
    if (!file) {
      report_command_error("unable to open the log file: " + file.error().text());
      return 1;
    }
    settings.output = std::move(*file);
  }
  (void)base::configure_log(settings);
  report_start(load, level_is_known);

  loop::Loop loop;
  Signals signals;
  const auto opened =
      reloads ? signals.open({SIGTERM, SIGINT, SIGUSR1, SIGHUP}) : signals.open({SIGTERM, SIGINT, SIGUSR1});
  if (!opened) {
    report_command_error(opened.error().text());
    return 1;
  }
  Program(std::move(configuration), std::move(*server), std::move(handed)).run(signals);
  base::log_info("Shutting down");
  return 0;
}

}  // namespace tandem::app
