#include "app/supervisor.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <csignal>

#include "app/ha_on_this_host.h"
#include "app/problems.h"
#include "app/proxy_process.h"
#include "app/signals.h"
#include "base/log.h"
#include "control/ha/data_plane_check.h"
#include "control/ha/pair.h"
#include "control/history/last_good.h"
#include "engine/loop/scope.h"

namespace tandem::app {
namespace {

using Duration = loop::Nanoseconds;

/// A path that nobody else can know.
std::string secret_path() {
  std::array<unsigned char, 16> bytes{};
  (void)::getrandom(bytes.data(), bytes.size(), 0);
  std::string path = "/";
  for (const unsigned char byte : bytes) path += fmt::format("{:02x}", byte);
  return path;
}

ha::DataPlaneOptions check_options(const model::HaHealth& health, const ProxyStart& proxy) {
  ha::DataPlaneOptions options;
  options.interval = health.interval.value;
  options.timeout = health.timeout.value;
  options.worker_stall = health.workerStall.value;
  options.rise = static_cast<int>(health.rise);
  options.fall = static_cast<int>(health.fall);
  options.min_routers = static_cast<std::uint64_t>(std::max<std::int64_t>(health.minRouters, 0));
  options.memory_headroom = static_cast<int>(health.memoryHeadroom);
  options.descriptor_headroom = static_cast<int>(health.descriptorHeadroom);
  options.workers = proxy.workers;
  options.path = proxy.health_path;
  for (const auto& [name, sockets] : proxy.sockets) {
    if (health.entryPoint.empty() || health.entryPoint == name) {
      options.asks.push_back(net::local_address(sockets.front().get()));
    }
  }
  return options;
}

/// Lines of the supervisor in the proxy's log file. They are few, and the proxy renames the file now and then: it is
/// opened for each.
class SharedLogFile final : public base::LogOutput {
 public:
  explicit SharedLogFile(std::string path) : path_(std::move(path)) {}
  void write(std::string_view line) override {
    constexpr mode_t kMode = 0666;
    const base::Fd file(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kMode));
    if (file) (void)!::write(file.get(), line.data(), line.size());
  }
  void reopen() override {}

 private:
  std::string path_;
};

void configure_log(const model::StaticConfiguration& configuration) {
  bool level_is_known = true;
  base::LogSettings settings = log_settings(configuration, level_is_known);
  if (!settings.file_path.empty()) settings.output = std::make_shared<SharedLogFile>(settings.file_path);
  (void)base::configure_log(settings);
}

class Supervisor {
 public:
  Supervisor(const model::StaticConfiguration& configuration, ProxyStart proxy, std::unique_ptr<ha::Pair> pair)
      : reloads_(configuration.providers.file.has_value()),
        proxy_start_(std::move(proxy)),
        pair_(std::move(pair)),
        check_(
            check_options(configuration.ha->health, proxy_start_),
            [this](const ha::DataPlaneVerdict& verdict) { pair_->health().data_plane_is(verdict); },
            [this](const ha::DataPlaneVerdict& verdict) { pair_->health().data_plane_looked_at(verdict); }) {}

  int run(Signals& signals) {
    const auto started = pair_->start([this](const boost::json::object& status) { tell_proxy(status); });
    if (!started) {
      report_command_error(started.error().text());
      return 1;
    }
    check_.start();
    tasks_.spawn(keep_proxy_running());
    tasks_.spawn(listen_to(signals));
    loop::Loop::current().run();
    return exit_status_;
  }

 private:
  /// A proxy that ends before it served is no crash to recover from: the program ends with it.
  loop::Task<void> keep_proxy_running() {
    constexpr Duration kSteady = std::chrono::seconds(10);
    constexpr Duration kLongestWait = std::chrono::seconds(2);
    Duration wait{0};
    bool served = false;
    for (;;) {
      const loop::TimePoint began = loop::Loop::current().exact_now();
      auto started = ProxyProcess::start(proxy_start_);
      if (started) {
        proxy_ = std::move(*started);
        check_.process_began(proxy_->page(), proxy_->pid());
        base::log_info("The proxy was started", {{"pid", std::to_string(proxy_->pid())}});
        pair_->repeat_status();
        co_await proxy_->ended();
        served = served || proxy_->page().ready.load(std::memory_order_acquire);
        check_.process_ended();
        if (stopping_ || !served) {
          exit_status_ = stopping_ ? 0 : proxy_->exit_status();
          co_await pair_->stop();
          loop::Loop::current().stop();
          co_return;
        }
        base::log_error("The proxy ended unexpectedly; it is started again", {{"cause", proxy_->end_text()}});
      } else {
        base::log_error("The proxy cannot be started", {{"error", started.error().text()}});
      }
      const bool steady = loop::Loop::current().exact_now() - began > kSteady;
      wait = steady ? Duration(0) : std::min(kLongestWait, wait * 2 + std::chrono::milliseconds(1));
      co_await loop::sleep_for(wait);
    }
  }

  loop::Task<void> listen_to(Signals& signals) {
    for (;;) {
      const int signal = co_await signals.next();
      if (signal == SIGTERM || signal == SIGINT) {
        if (std::exchange(stopping_, true)) continue;
        base::log_info("Handing over the virtual addresses");
        co_await pair_->hand_over();
        proxy_start_.sockets.clear();
        if (proxy_ != nullptr) proxy_->signal(SIGTERM);
      } else if (signal == SIGUSR1) {
        if (proxy_ != nullptr) proxy_->signal(signal);  // re-opens its log files
        pair_->dump(signal);
      } else if (signal == SIGHUP) {
        if (reloads_ && proxy_ != nullptr) proxy_->signal(signal);
      } else {
        pair_->dump(signal);
      }
    }
  }

  void tell_proxy(const boost::json::object& status) {
    if (proxy_ == nullptr) return;
    // What does not fit or arrive is old soon: the next one follows.
    (void)proxy_->channel().send({{"type", "status"}, {"status", status}});
  }

  const bool reloads_;  // without a file provider there is nothing to reload, and a SIGHUP would end the proxy
  ProxyStart proxy_start_;
  std::unique_ptr<ha::Pair> pair_;
  ha::DataPlaneCheck check_;
  std::unique_ptr<ProxyProcess> proxy_;
  bool stopping_ = false;
  int exit_status_ = 0;
  loop::Scope tasks_;
};

}  // namespace

int supervise(const StaticSources& sources, const StaticLoad& load, entry::ListeningSockets sockets,
              std::size_t workers) {
  const model::HighAvailability& configuration = *load.configuration.ha;
  loop::Loop loop;
  loop.expect_forks();
  Signals signals;
  const std::initializer_list<int> wanted{SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGUSR2, SIGRTMIN + 2, SIGRTMAX - 1};
  Signals::block(wanted);
  if (const auto opened = signals.open(wanted); !opened) {
    report_command_error(opened.error().text());
    return 1;
  }
  configure_log(load.configuration);
  if (const format::Problems here = ha_problems_on_this_host(configuration); !here.empty()) {
    report_command_errors(here);
    return 1;
  }
  const std::string& chosen = load.configuration.stateDirectory;
  auto pair = ha::Pair::make(configuration, chosen.empty() ? history::default_directory() : chosen);
  if (!pair) {
    report_command_error(pair.error().text());
    return 1;
  }
  ProxyStart proxy{.arguments = sources.arguments,
                   .file = load.file,
                   .sockets = std::move(sockets),
                   .workers = workers,
                   .health_path = secret_path()};
  return Supervisor(load.configuration, std::move(proxy), std::move(*pair)).run(signals);
}

}  // namespace tandem::app
