#include "app/supervisor/supervisor.h"

#include <sys/random.h>
#include <unistd.h>

#include <csignal>

#include "app/problems.h"
#include "app/signals.h"
#include "app/supervisor/ha_on_this_host.h"
#include "app/supervisor/proxy_process.h"
#include "base/log.h"
#include "base/version.h"
#include "control/ha/data_plane_check.h"
#include "control/ha/pair.h"
#include "control/history/last_good.h"
#include "control/hooks/child_command.h"
#include "engine/loop/scope.h"

namespace tandem::supervisor {
namespace {

using Duration = loop::Nanoseconds;

constexpr Duration kLook = std::chrono::milliseconds(5);  // at what another process does

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
    const net::Address listening = net::local_address(sockets.front().get());
    // The node that holds a virtual address would answer on it.
    const bool virtual_one =
        std::ranges::find(proxy.addresses, listening.ip(), &address::VirtualAddress::address) != proxy.addresses.end();
    if (health.entryPoint.empty() ? !virtual_one : health.entryPoint == name) options.asks.push_back(listening);
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
  base::LogSettings settings = app::log_settings(configuration, level_is_known);
  if (!settings.file_path.empty()) settings.output = std::make_shared<SharedLogFile>(settings.file_path);
  (void)base::configure_log(settings);
}

base::Error refused(std::string text) { return {base::ErrorKind::kRefused, std::move(text)}; }

std::string text_of(const format::Problems& problems) {
  std::string all;
  for (const format::Problem& problem : problems) all += (all.empty() ? "" : "; ") + problem.text();
  return all;
}

/// The sockets of the entry points that listen in both configurations at the same place in the same way; copies.
entry::ListeningSockets kept_sockets(const entry::ListeningSockets& opened, const model::StaticConfiguration& before,
                                     const model::StaticConfiguration& after) {
  entry::ListeningSockets kept;
  for (const auto& [name, sockets] : opened) {
    const auto old = before.entryPoints.find(name);
    const auto next = after.entryPoints.find(name);
    if (old == before.entryPoints.end() || next == after.entryPoints.end()) continue;
    if (old->second.address != next->second.address || old->second.reusePort != next->second.reusePort) continue;
    for (const base::Fd& socket : sockets) {
      kept[name].push_back(socket.duplicate());
    }
  }
  return kept;
}

class Supervisor {
 public:
  Supervisor(const model::StaticConfiguration& configuration, ProxyStart proxy, std::unique_ptr<ha::Pair> pair)
      : configuration_(configuration),
        reloads_(configuration.providers.file.has_value()),
        proxy_start_(std::move(proxy)),
        pair_(std::move(pair)),
        check_(
            check_options(configuration.ha->health, proxy_start_),
            [this](const ha::DataPlaneVerdict& verdict) { pair_->health().data_plane_is(verdict); },
            [this](const ha::DataPlaneVerdict& verdict) { pair_->health().data_plane_looked_at(verdict); }) {}

  /// `left`: by the supervisor before this one, if there was one.
  int run(app::Signals& signals, std::optional<ha::Pair::Left> left, std::optional<LeftProxy> proxy,
          std::vector<LeftProxy> draining) {
    const ha::Pair::Outside outside{.tell = [this](const boost::json::object& status) { tell_proxy(status); },
                                    .restart = [this] { return prepare_restart(); },
                                    .tell_keys = [this](const boost::json::object& message) { tell_keys(message); }};
    const bool goes_on = left.has_value();
    const auto started = pair_->start(outside, std::move(left));
    if (!started) {
      app::report_command_error(started.error().text());
      return 1;
    }
    if (goes_on) {
      served_ = true;
      base::log_info("The program was started anew in its place", {{"version", base::kVersion}});
      check_.assume_well();
    }
    if (proxy) adopt(std::move(*proxy));
    for (LeftProxy& one : draining) {
      if (auto adopted = ProxyProcess::adopt(std::move(one))) tasks_.spawn(retire(std::move(*adopted)));
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
    if (proxy_ != nullptr) {
      co_await replace_proxy();
      co_await watch_proxy();
      if (stopping_) co_return co_await end();
    }
    for (;;) {
      const loop::TimePoint began = loop::Loop::current().exact_now();
      auto started = ProxyProcess::start(proxy_start_);
      if (started) {
        serve_with(std::move(*started));
        co_await watch_proxy();
        served_ = served_ || proxy_->page().ready.load(std::memory_order_acquire);
        if (stopping_ || !served_) co_return co_await end();
        base::log_error("The proxy ended unexpectedly; it is started again", {{"cause", proxy_->end_text()}});
      } else {
        base::log_error("The proxy cannot be started", {{"error", started.error().text()}});
      }
      const bool steady = loop::Loop::current().exact_now() - began > kSteady;
      wait = steady ? Duration(0) : std::min(kLongestWait, wait * 2 + std::chrono::milliseconds(1));
      co_await loop::sleep_for(wait);
    }
  }

  void serve_with(std::unique_ptr<ProxyProcess> proxy) {
    proxy_ = std::move(proxy);
    check_.process_began(proxy_->page(), proxy_->pid());
    base::log_info("The proxy was started", {{"pid", std::to_string(proxy_->pid())}});
    tell_all_keys(*proxy_);
    pair_->repeat_status();
  }

  loop::Task<void> watch_proxy() {
    loop::Scope hearing;
    hearing.spawn(hear_proxy());
    co_await proxy_->ended();
    check_.process_ended();
  }

  /// How the services are that this node should reach; the keys of its session tickets.
  loop::Task<void> hear_proxy() {
    for (;;) {
      const std::optional<ha::Message> message = co_await proxy_->channel().receive();
      if (!message) co_return;
      if (message->type() == "upstreams") pair_->health().upstreams_are(ha::upstreams_in(message->body));
      if (message->type() == ha::kTicketKeys) pair_->ticket_keys_are(ha::ticket_keys_in(message->body));
    }
  }

  loop::Task<void> end() {
    exit_status_ = stopping_ ? 0 : proxy_->exit_status();
    co_await pair_->stop();
    while (!draining_.empty()) co_await loop::sleep_for(kLook);
    loop::Loop::current().stop();
  }

  void adopt(LeftProxy left) {
    auto adopted = ProxyProcess::adopt(std::move(left));
    if (!adopted) {
      base::log_error("The proxy is not to be found; another one is started", {{"error", adopted.error().text()}});
      return;
    }
    proxy_ = std::move(*adopted);
    check_.process_began(proxy_->page(), proxy_->pid());
  }

  /// Puts a new proxy in the place of the one that serves, as soon as the new one is ready. When that ends before, the
  /// other one stays.
  loop::Task<void> replace_proxy() {
    auto next = ProxyProcess::start(proxy_start_);
    if (!next) {
      base::log_error("The proxy cannot be started; the one before it goes on", {{"error", next.error().text()}});
      co_return;
    }
    tell_all_keys(**next);
    replacing_ = true;
    while (!(*next)->page().ready.load(std::memory_order_acquire) && !proxy_->has_ended() && !stopping_) {
      if ((*next)->has_ended()) {
        base::log_error("The new proxy ended; the one before it goes on", {{"cause", (*next)->end_text()}});
        replacing_ = false;
        co_return;
      }
      co_await loop::sleep_for(kLook);
    }
    replacing_ = false;
    if (stopping_) co_return;
    tasks_.spawn(retire(std::move(proxy_)));
    check_.process_ended();  // the new one has a moment before it must show what it can
    serve_with(std::move(*next));
  }

  /// Lets a proxy end that does not serve any more.
  loop::Task<void> retire(std::unique_ptr<ProxyProcess> proxy) {
    draining_.push_back(proxy.get());
    proxy->signal(SIGTERM);
    co_await proxy->ended();
    std::erase(draining_, proxy.get());
    base::log_info("The proxy before has ended", {{"pid", std::to_string(proxy->pid())}});
  }

  /// Everything that a new program needs and that can be wrong is looked at by this one. Errors: why this one goes on.
  loop::Task<base::Result<void>> prepare_restart() {
    if (stopping_) co_return refused("the program is about to end");
    if (restarting_ || replacing_) co_return refused("it is starting anew already");
    if (std::string obstacle = pair_->obstacle_to_suspend(); !obstacle.empty()) co_return refused(std::move(obstacle));
    const app::StaticLoad load = app::load_static(app::sources_of(proxy_start_.arguments));
    if (!load.problems.empty()) co_return refused(text_of(load.problems));
    if (!load.configuration.ha) co_return refused("the configuration has no section ha any more: stop the program");
    if (const format::Problems here = ha_problems_on_this_host(*load.configuration.ha); !here.empty()) {
      co_return refused(text_of(here));
    }
    Inheritance next;
    auto sockets =
        entry::open_listening_sockets(load.configuration, proxy_start_.workers,
                                      kept_sockets(proxy_start_.sockets, configuration_, load.configuration));
    if (!sockets) co_return std::move(sockets.error());
    next.sockets = std::move(*sockets);
    auto file = program_file();
    if (!file) co_return std::move(file.error());
    const hooks::CommandEnd tried = co_await try_program(*file);
    if (!tried.good) co_return refused(fmt::format("{} version: {}", *file, tried.text));
    if (stopping_ || restarting_) co_return refused("the program is about to end, or starts anew already");
    restarting_ = true;
    tasks_.spawn(restart(std::move(*file), std::move(next)));
    co_return base::Result<void>();
  }

  static loop::Task<hooks::CommandEnd> try_program(std::string file) {
    constexpr Duration kPatience = std::chrono::seconds(5);
    return hooks::run_command({.words = {std::move(file), "version"},
                               .as = {.uid = ::geteuid(), .gid = ::getegid(), .groups = {}},
                               .security = false,
                               .timeout = kPatience});
  }

  loop::Task<void> restart(std::string file, Inheritance next) {
    constexpr Duration kForTheAnswer = std::chrono::milliseconds(20);
    co_await loop::sleep_for(kForTheAnswer);  // of the command that asked
    base::log_info("The program starts anew", {{"file", file}});
    next.workers = proxy_start_.workers;
    next.health_path = proxy_start_.health_path;
    if (proxy_ != nullptr && !proxy_->has_ended()) next.proxy = proxy_->left();
    for (const ProxyProcess* proxy : draining_) next.draining.push_back(proxy->left());
    base::Result<ha::Pair::Left> left = co_await pair_->suspend();
    std::string failed;
    if (left) {
      next.pair = std::move(*left);
      for (const int signal : deferred_signals_) ::kill(::getpid(), signal);
      failed = start_anew(file, proxy_start_.arguments, next).text();
    } else {
      failed = left.error().text();
    }
    base::log_error("The program cannot be started anew; it ends", {{"error", failed}});
    exit_status_ = 1;
    loop::Loop::current().stop();
  }

  loop::Task<void> reload() {
    if (reloads_ && proxy_ != nullptr) proxy_->signal(SIGHUP);
    const app::StaticLoad load = app::load_static(app::sources_of(proxy_start_.arguments));
    if (load.problems.empty() && load.configuration == configuration_) co_return;
    const base::Result<void> begun = co_await prepare_restart();
    if (!begun) {
      base::log_error("The static configuration has changed, but cannot be put in force",
                      {{"error", begun.error().text()}});
    }
  }

  loop::Task<void> listen_to(app::Signals& signals) {
    for (;;) {
      const int signal = co_await signals.next();
      if (restarting_) {
        deferred_signals_.push_back(signal);  // for the program that comes
      } else if (signal == SIGTERM || signal == SIGINT) {
        if (std::exchange(stopping_, true)) continue;
        base::log_info("Handing over the virtual addresses");
        co_await pair_->hand_over();
        proxy_start_.sockets.clear();
        if (proxy_ != nullptr) proxy_->signal(SIGTERM);
      } else if (signal == SIGUSR1) {
        if (proxy_ != nullptr) proxy_->signal(signal);  // re-opens its log files
        pair_->dump(signal);
      } else if (signal == SIGHUP) {
        tasks_.spawn(reload());
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

  void tell_keys(const boost::json::object& message) {
    if (proxy_ != nullptr) (void)proxy_->channel().send(message);
  }

  /// A new proxy opens what the one before it sealed, and the other nodes.
  void tell_all_keys(ProxyProcess& proxy) {
    for (const boost::json::object& message : pair_->ticket_keys()) (void)proxy.channel().send(message);
  }

  const model::StaticConfiguration configuration_;
  const bool reloads_;  // without a file provider there is nothing to reload, and a SIGHUP would end the proxy
  ProxyStart proxy_start_;
  std::unique_ptr<ha::Pair> pair_;
  ha::DataPlaneCheck check_;
  std::unique_ptr<ProxyProcess> proxy_;
  std::vector<const ProxyProcess*> draining_;
  bool served_ = false;  // a proxy did, ever
  bool stopping_ = false;
  bool replacing_ = false;
  bool restarting_ = false;
  std::vector<int> deferred_signals_;
  int exit_status_ = 0;
  loop::Scope tasks_;
};

}  // namespace

int supervise(const app::StaticSources& sources, const app::StaticLoad& load, Inheritance start) {
  const model::HighAvailability& configuration = *load.configuration.ha;
  loop::Loop loop;
  loop.expect_forks();
  app::Signals signals;
  const std::initializer_list<int> wanted{SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGUSR2, SIGRTMIN + 2, SIGRTMAX - 1};
  app::Signals::block(wanted);
  if (const auto opened = signals.open(wanted); !opened) {
    app::report_command_error(opened.error().text());
    return 1;
  }
  configure_log(load.configuration);
  if (const format::Problems here = ha_problems_on_this_host(configuration); !here.empty()) {
    app::report_command_errors(here);
    return 1;
  }
  const std::string& chosen = load.configuration.stateDirectory;
  auto pair = ha::Pair::make(configuration, chosen.empty() ? history::default_directory() : chosen);
  if (!pair) {
    app::report_command_error(pair.error().text());
    return 1;
  }
  ProxyStart proxy{.arguments = sources.arguments,
                   .file = load.file,
                   .sockets = std::move(start.sockets),
                   .workers = start.workers,
                   .health_path = start.health_path.empty() ? secret_path() : start.health_path,
                   .addresses = (*pair)->addresses()};
  return Supervisor(load.configuration, std::move(proxy), std::move(*pair))
      .run(signals, std::move(start.pair), std::move(start.proxy), std::move(start.draining));
}

}  // namespace tandem::supervisor
