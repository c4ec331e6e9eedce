#include "control/speaker/speaker.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "control/speaker/speaker_state.h"

namespace tandem::speaker {

namespace {

constexpr std::chrono::seconds kReloadWithin{5};

void ring(const address::OwnedDescriptor& bell) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(bell.get(), &one, sizeof one);
}

/// Routers of one group, in the order of their numbers; a router without group is one of its own.
std::vector<std::vector<std::size_t>> grouped(const std::vector<std::unique_ptr<SpeakingRouter>>& routers) {
  std::vector<std::vector<std::size_t>> out;
  for (std::size_t i = 0; i < routers.size(); ++i) {
    const std::string& name = routers[i]->settings().group;
    const auto same = std::find_if(out.begin(), out.end(), [&](const std::vector<std::size_t>& members) {
      return !name.empty() && routers[members.front()]->settings().group == name;
    });
    if (same != out.end())
      same->push_back(i);
    else
      out.push_back({i});
  }
  return out;
}

/// What `before` holds and `after` does not.
std::unique_ptr<address::VirtualAddresses> difference(SpeakingRouter& before, SpeakingRouter& after) {
  std::vector<address::VirtualAddress> gone;
  for (const address::VirtualAddress& one : before.addresses().addresses()) {
    if (!after.addresses().contains(one.link, one.address)) gone.push_back(one);
  }
  return std::make_unique<address::VirtualAddresses>(std::move(gone), before.addresses().lease(), address::kLoopback);
}

base::Result<void> check_numbers(const SpeakerSettings& settings) {
  const auto refuse = [](std::string text) { return base::Error(base::ErrorKind::kInvalid, std::move(text)); };
  if (settings.routers.empty()) return refuse("no virtual router is configured");
  if (settings.routers.size() > Snapshot::kRouters) {
    return refuse(
        fmt::format("{} virtual routers are configured, {} are possible", settings.routers.size(), Snapshot::kRouters));
  }
  for (std::size_t i = 0; i < settings.routers.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const RouterSettings& one = settings.routers[i];
      const RouterSettings& other = settings.routers[j];
      if (one.name == other.name) return refuse(fmt::format("two virtual routers are called {}", one.name));
      if (one.options.vrid == other.options.vrid && one.options.family == other.options.family &&
          one.interface == other.interface) {
        return refuse(fmt::format("{} and {} have the same virtual router ID {} on one interface", other.name, one.name,
                                  static_cast<int>(one.options.vrid)));
      }
    }
  }
  return {};
}

}  // namespace

base::Result<std::unique_ptr<Plan>> Plan::build(SpeakerSettings settings, const Plan* before) {
  auto links = address::HostLinks::read();
  if (!links) return links.error();
  SpeakingRouter::Surroundings around{.links = *links,
                                      .virtual_ones = {},
                                      .lease = settings.lease,
                                      .gateway = settings.gateway,
                                      .drain = settings.drain,
                                      .macs = {}};
  const auto collect = [&around](const std::vector<address::VirtualAddress>& list) {
    for (const address::VirtualAddress& one : list) around.virtual_ones.push_back(one.address);
  };
  for (const RouterSettings& router : settings.routers) {
    collect(router.virtual_addresses);
    collect(router.excluded_addresses);
  }
  if (before != nullptr) {
    for (const auto& router : before->routers) {
      collect(router->addresses().addresses());
      around.macs.push_back(router->mac());
    }
  }
  auto out = std::make_unique<Plan>();
  for (RouterSettings& router : settings.routers) {
    auto made = SpeakingRouter::create(std::move(router), around);
    if (!made) return made.error();
    router = (*made)->settings();
    out->routers.push_back(std::move(*made));
  }
  // Now that the interfaces are known.
  if (auto good = check_numbers(settings); !good) return good.error();
  for (const std::vector<std::size_t>& members : grouped(out->routers)) {
    if (members.size() > vrrp::Group::kMaxMembers) {
      return base::Error(base::ErrorKind::kLimit,
                         fmt::format("a group has at most {} members", vrrp::Group::kMaxMembers));
    }
    std::vector<vrrp::Options> options;
    for (std::size_t i = 0; i < members.size(); ++i) {
      SpeakingRouter& router = *out->routers[members[i]];
      router.group = out->groups.size();
      router.member = i;
      options.push_back(router.settings().options);
    }
    out->groups.push_back({.group = vrrp::Group(std::move(options)), .routers = members});
  }
  for (const auto& router : out->routers) {
    SpeakingRouter* old = before == nullptr ? nullptr : const_cast<Plan*>(before)->by_name(router->settings().name);
    out->given_up.push_back(old == nullptr ? nullptr : difference(*old, *router));
  }
  out->settings = std::move(settings);
  return out;
}

SpeakingRouter* Plan::by_name(const std::string& name) {
  for (const auto& router : routers) {
    if (router->settings().name == name) return router.get();
  }
  return nullptr;
}

vrrp::Instant Speaker::now() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

base::Result<std::unique_ptr<Speaker>> Speaker::create(SpeakerSettings settings) {
  auto kernel = Kernel::open();
  if (!kernel) return kernel.error();
  auto monitor = address::LinkMonitor::open();
  if (!monitor) return monitor.error();
  // A capability that is missing is better known now than at the first takeover.
  if (const int code = address::VirtualAddresses::permission(kernel->routes, address::kLoopback); code != 0) {
    return address::privilege_error(code, "changing addresses", "CAP_NET_ADMIN");
  }
  auto plan = Plan::build(std::move(settings), nullptr);
  if (!plan) return plan.error();
  auto state = std::make_unique<State>(std::move(*kernel), std::move(*monitor));
  state->plan = std::move(*plan);
  state->wake = address::OwnedDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  state->report_ready = address::OwnedDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  state->epoll = address::OwnedDescriptor(::epoll_create1(EPOLL_CLOEXEC));
  state->timer = address::OwnedDescriptor(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!state->wake || !state->report_ready || !state->epoll || !state->timer) {
    return base::Error::from_errno(errno, "descriptors of the VRRP thread");
  }
  return std::unique_ptr<Speaker>(new Speaker(std::move(state)));
}

Speaker::Speaker(std::unique_ptr<State> state) : state_(std::move(state)) {}

Speaker::~Speaker() { stop(); }

void Speaker::start(const Resumption& left) {
  std::vector<vrrp::Instant> resume;
  for (const auto& router : state_->plan->routers) {
    const std::string& name = router->settings().name;
    const bool goes_on = left.was_master(name);
    resume.push_back(goes_on ? left.routers.at(name).last_advert : vrrp::kNever);
    // What keeps connections in a switch-over was loaded by the process before; the next advert is due soon.
    if (goes_on) continue;
    router->remove_left_overs(state_->kernel);
    router->prepare_switch_over(state_->kernel);
  }
  remove_unwanted(left.held);
  for (std::size_t i = 0; i < state_->plan->routers.size(); ++i) {
    const auto before = left.routers.find(state_->plan->routers[i]->settings().name);
    if (before == left.routers.end()) continue;
    const int router = static_cast<int>(i);
    (void)post({.router = router, .event = vrrp::WeightChanged{.total = before->second.weight}});
    (void)post({.router = router, .event = vrrp::UnwellChanged{.unwell = before->second.unwell}});
  }
  state_->thread = std::thread([state = state_.get(), resume] { state->run(resume); });
}

/// Addresses that were held under another configuration.
void Speaker::remove_unwanted(const std::vector<address::VirtualAddress>& held) {
  std::vector<address::VirtualAddress> unwanted;
  for (const address::VirtualAddress& one : held) {
    const bool wanted = std::ranges::any_of(state_->plan->routers, [&one](const auto& router) {
      return router->addresses().contains(one.link, one.address);
    });
    if (!wanted) unwanted.push_back(one);
  }
  if (unwanted.empty()) return;
  (void)address::VirtualAddresses(std::move(unwanted), state_->plan->settings.lease, address::kLoopback)
      .release(state_->kernel.routes);
}

void Speaker::end_thread() {
  state_->suspending.store(true);
  ring(state_->wake);
  if (state_->thread.joinable()) state_->thread.join();
}

Resumption Speaker::State::left() const {
  Resumption left;
  for (std::size_t i = 0; i < plan->routers.size(); ++i) {
    SpeakingRouter& router = *plan->routers[i];
    const vrrp::Instance& one = plan->instance(i);
    const bool master = one.state() == vrrp::State::kMaster;
    left.routers[router.settings().name] = {.last_advert = master ? one.last_advert() : vrrp::kNever,
                                            .weight = router.memory.weight,
                                            .unwell = router.memory.unwell};
    if (!router.memory.holding) continue;
    const auto& addresses = router.addresses().addresses();
    left.held.insert(left.held.end(), addresses.begin(), addresses.end());
  }
  return left;
}

void Speaker::stop() {
  if (!state_->thread.joinable()) return;
  while (!state_->ended.load() && !post({.router = Command::kAll, .event = vrrp::Stop{}})) std::this_thread::yield();
  state_->thread.join();
  delete state_->next_plan.exchange(nullptr);
  delete state_->retired_plan.exchange(nullptr);
}

bool Speaker::post(const Command& command) {
  if (!state_->mailbox.push(command)) return false;
  ring(state_->wake);
  return true;
}

void Speaker::data_plane_alive_until(vrrp::Instant deadline) { state_->alive_until.store(deadline.count()); }

int Speaker::reports_fd() const { return state_->report_ready.get(); }

bool Speaker::next_report(Report& out) {
  if (state_->reports.pop(out)) return true;
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(state_->report_ready.get(), &count, sizeof count);
  // One may have come between the two.
  return state_->reports.pop(out);
}

Snapshot Speaker::snapshot() const { return state_->published.read(); }

const SpeakerSettings& Speaker::settings() const { return state_->plan->settings; }

base::Result<void> Speaker::reload(SpeakerSettings settings) {
  auto plan = Plan::build(std::move(settings), state_->plan.get());
  if (!plan) return plan.error();
  if (!state_->thread.joinable()) {
    state_->plan = std::move(*plan);
    return {};
  }
  state_->next_plan.store(plan->release());
  ring(state_->wake);
  const vrrp::Instant deadline = now() + kReloadWithin;
  const timespec pause{.tv_sec = 0, .tv_nsec = 1000000};
  for (;;) {
    if (Plan* old = state_->retired_plan.exchange(nullptr); old != nullptr) {
      delete old;
      return {};
    }
    if (now() > deadline || state_->ended.load()) {
      return base::Error(base::ErrorKind::kTimeout, "the VRRP thread did not take the new configuration");
    }
    ::nanosleep(&pause, nullptr);
  }
}

}  // namespace tandem::speaker
