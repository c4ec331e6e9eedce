#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "control/speaker/ip_forms.h"
#include "control/speaker/speaker_keeper.h"
#include "control/speaker/speaker_state.h"

namespace tandem::speaker {

namespace {

// epoll's note of a descriptor: what it is, and the router it belongs to.
enum class Source : std::uint32_t { kTimer, kWake, kLinks, kAdverts, kNeighbours, kLine };
constexpr int kEventsATurn = 64;
// One turn takes no more adverts of a router than this: a flood delays the timers no longer.
constexpr int kAdvertsATurn = 32;
constexpr int kSightingsATurn = 64;
// A wake-up later than this is told to the state machines; they know what it means to them.
constexpr std::chrono::milliseconds kPause{20};
constexpr std::chrono::milliseconds kGatewayEvery{500};
constexpr int kGatewayMisses = 3;
constexpr std::chrono::seconds kConflictLasts{10};
// A real-time thread that does not sleep for so long is a defect, and the machine must stay usable.
constexpr rlimit kRealtimeLimit{.rlim_cur = 1'000'000, .rlim_max = 2'000'000};

std::uint64_t note(Source source, std::size_t router = 0) {
  return static_cast<std::uint64_t>(source) << 32 | static_cast<std::uint64_t>(router);
}

void add(int epoll, int fd, std::uint64_t what) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = what;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

bool become_realtime(int priority) {
  if (priority <= 0) return false;
  sched_param how{};
  how.sched_priority = priority;
  if (::pthread_setschedparam(::pthread_self(), SCHED_RR, &how) != 0) return false;
  ::setrlimit(RLIMIT_RTTIME, &kRealtimeLimit);
  return true;
}

}  // namespace

void Speaker::State::run(const std::vector<vrrp::Instant>& resume) {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
  ::pthread_setname_np(::pthread_self(), "vrrp");
  realtime = become_realtime(plan->settings.realtime_priority);
  // Pages are locked as they come in; the whole address space may be far larger than what is used.
  memory_locked = plan->settings.lock_memory && ::mlockall(MCL_CURRENT | MCL_ONFAULT) == 0;
  begin(resume);
  while (!stopping && !suspending.load(std::memory_order_relaxed)) {
    wait();
    turn();
  }
  snapshot.stopped = true;
  leave();
  ended.store(true);
}

/// The same in a keeper, until the next program says on `line` that it takes over, has gone, or does not come.
void Speaker::State::keep(int line, vrrp::Duration longest) {
  add(epoll.get(), line, note(Source::kLine));
  realtime = become_realtime(plan->settings.realtime_priority);
  suspending.store(false);
  const vrrp::Instant end = Speaker::now() + longest;
  alive_until.store(end.count());
  while (!stopping && !suspending.load(std::memory_order_relaxed)) {
    wait();
    turn();
    pollfd said{.fd = line, .events = POLLIN, .revents = 0};
    char word = 0;
    const bool told = ::poll(&said, 1, 0) > 0;
    if (told && ::recv(line, &word, 1, 0) == 1 && word == kTakeOver) {
      suspending.store(true);
    } else if (told || now > end) {
      take_command({.router = Command::kAll, .event = vrrp::Stop{}});
    }
  }
  leave();
}

/// The last thing of a thread or a keeper: a stop takes the addresses along. Whatever still drains ends with the
/// process.
void Speaker::State::leave() {
  if (stopping) {
    for (const auto& router : plan->routers) router->release(kernel, false, now);
  }
  publish();
}

void Speaker::State::begin(const std::vector<vrrp::Instant>& resume) {
  now = Speaker::now();
  add(epoll.get(), timer.get(), note(Source::kTimer));
  add(epoll.get(), wake.get(), note(Source::kWake));
  add(epoll.get(), monitor.fd(), note(Source::kLinks));
  register_plan();
  read_commands();
  for (std::size_t i = 0; i < plan->routers.size(); ++i) {
    if (i < resume.size() && resume[i] != vrrp::kNever)
      feed(i, vrrp::Resume{.last_advert = resume[i]});
    else
      feed(i, vrrp::Start{});
  }
  work();
  publish();
}

/// What the plan listens on, and how its interfaces are at the moment.
void Speaker::State::register_plan() {
  bool asks = false;
  for (std::size_t i = 0; i < plan->routers.size(); ++i) {
    SpeakingRouter& router = *plan->routers[i];
    add(epoll.get(), router.socket().fd(), note(Source::kAdverts, i));
    add(epoll.get(), router.watch().fd(), note(Source::kNeighbours, i));
    judge_links(i);
    asks = asks || router.has_gateway();
  }
  gateway = GatewayWatch{};
  if (asks) gateway.ask_at = now;
}

void Speaker::State::forget_plan() {
  for (const auto& router : plan->routers) {
    ::epoll_ctl(epoll.get(), EPOLL_CTL_DEL, router->socket().fd(), nullptr);
    ::epoll_ctl(epoll.get(), EPOLL_CTL_DEL, router->watch().fd(), nullptr);
  }
}

vrrp::Instant Speaker::State::next_deadline() const {
  vrrp::Instant out = gateway.ask_at;
  for (const auto& group : plan->groups) out = std::min(out, group.group.next_deadline());
  for (const auto& router : plan->routers) out = std::min(out, router->next_deadline());
  return out;
}

void Speaker::State::wait() {
  const vrrp::Instant deadline = next_deadline();
  if (deadline != armed) {
    itimerspec when{};
    if (deadline != vrrp::kNever) {
      // 0 would disarm; a deadline in the past fires at once.
      const std::int64_t at = std::max<std::int64_t>(deadline.count(), 1);
      when.it_value = {.tv_sec = at / 1'000'000'000, .tv_nsec = at % 1'000'000'000};
    }
    ::timerfd_settime(timer.get(), TFD_TIMER_ABSTIME, &when, nullptr);
    armed = deadline;
  }
  epoll_event events[kEventsATurn];
  const int count = ::epoll_wait(epoll.get(), events, kEventsATurn, -1);
  const vrrp::Instant before = now;
  now = Speaker::now();
  if (armed <= now) {
    const std::int64_t late = (now - std::max(armed, before)).count();
    const auto& bounds = Lateness::kBoundsUs;
    const auto bucket = std::find_if(bounds.begin(), bounds.end(), [late](int us) { return late <= us * 1000LL; });
    ++lateness.counts[static_cast<std::size_t>(bucket - bounds.begin())];
    lateness.sum_ns += late;
    lateness.max_ns = std::max(lateness.max_ns, late);
    if (late > std::chrono::nanoseconds(kPause).count()) {
      for (std::size_t i = 0; i < plan->groups.size(); ++i) {
        feed_group(i, vrrp::Paused{.gap = vrrp::Duration(late)});
      }
    }
    std::uint64_t expirations = 0;
    [[maybe_unused]] const ssize_t got = ::read(timer.get(), &expirations, sizeof expirations);
    armed = vrrp::kNever;
  }
  // Interfaces first, then packets: what waits in the sockets is older than the deadline that has come.
  for (int i = 0; i < count; ++i) {
    if (static_cast<Source>(events[i].data.u64 >> 32) == Source::kLinks) read_links();
  }
  for (int i = 0; i < count; ++i) {
    const auto router = static_cast<std::size_t>(events[i].data.u64 & 0xffffffffU);
    const auto source = static_cast<Source>(events[i].data.u64 >> 32);
    if (source == Source::kAdverts) read_adverts(router);
    if (source == Source::kNeighbours) read_neighbours(router);
  }
}

void Speaker::State::turn() {
  read_commands();
  if (Plan* next = next_plan.exchange(nullptr); next != nullptr) swap_plan(next);
  work();
  publish();
}

void Speaker::State::work() {
  for (std::size_t i = 0; i < plan->groups.size(); ++i) {
    plan->groups[i].group.advance(now, actions);
    carry_out(i);
  }
  const bool fresh = lease_fresh();
  for (std::size_t i = 0; i < plan->routers.size(); ++i) {
    SpeakingRouter& router = *plan->routers[i];
    const bool lapsed = router.memory.lapsed;
    note_error(i, router.work(kernel, now, fresh));
    if (router.memory.lapsed && !lapsed) report(Report::Kind::kLeaseLapsed, i);
    settle_probe(i);
    if (router.settle_links(now)) judge_links(i);
    if (router.memory.conflict_until <= now) {
      router.memory.conflict_until = vrrp::kNever;
      router.memory.conflict = false;
      feed(i, vrrp::ConflictChanged{.present = false});
    }
  }
  watch_gateway();
}

void Speaker::State::settle_probe(std::size_t router) {
  SpeakingRouter::Memory& memory = plan->routers[router]->memory;
  if (memory.probe_until > now) return;
  memory.probe_until = vrrp::kNever;
  if (memory.witness.arp != vrrp::Witness::Arp::kUnknown) return;
  memory.witness.arp = vrrp::Witness::Arp::kSilent;
  feed_witness(router);
}

void Speaker::State::watch_gateway() {
  if (gateway.ask_at > now) return;
  gateway.ask_at = now + kGatewayEvery;
  const auto before = gateway.state;
  if (gateway.asked && ++gateway.unanswered >= kGatewayMisses) {
    gateway.state = vrrp::Witness::Gateway::kUnreachable;
  }
  gateway.asked = true;
  for (const auto& router : plan->routers) {
    if (!router->has_gateway()) continue;
    router->ask_gateway(kernel);
    break;
  }
  if (gateway.state == before) return;
  for (std::size_t i = 0; i < plan->routers.size(); ++i) feed_witness(i);
}

void Speaker::State::read_adverts(std::size_t index) {
  SpeakingRouter& router = *plan->routers[index];
  const RouterSettings& settings = router.settings();
  const bool v4 = settings.options.family == vrrp::Family::kIpv4;
  const vrrp::Expected expected{.version = settings.options.version,
                                .vrid = settings.options.vrid,
                                .interval = settings.options.interval,
                                .authentication = settings.authentication,
                                .addresses = settings.options.addresses,
                                .peers = settings.peers,
                                .own_source = settings.options.source};
  address::ArrivedAdvert arrived;
  for (int i = 0; i < kAdvertsATurn && router.socket().next(arrived); ++i) {
    vrrp::Arrival arrival{
        .source = vrrp_ip(arrived.source), .destination = vrrp_ip(arrived.destination), .ttl = arrived.ttl};
    std::span<const std::uint8_t> message = arrived.message;
    if (v4) {
      const auto datagram = vrrp::parse_ipv4(arrived.datagram);
      if (!datagram) {
        feed(index, vrrp::AdvertRefused{.why = datagram.error()});
        continue;
      }
      arrival = datagram->arrival;
      message = datagram->payload;
    }
    // Other virtual routers of the network are not our business.
    if (vrrp::vrid_of(message) != settings.options.vrid) continue;
    const auto received = vrrp::parse(message, arrival, expected, true);
    if (!received) {
      feed(index, vrrp::AdvertRefused{.why = received.error()});
      continue;
    }
    RouterSnapshot& seen = snapshot.routers[index];
    const auto peers = std::span(seen.peers).first(seen.peer_count);
    auto peer =
        std::find_if(peers.begin(), peers.end(), [&](const PeerHeard& one) { return one.source == received->source; });
    if (peer == peers.end() && seen.peer_count < RouterSnapshot::kPeers) {
      ++seen.peer_count;
      peer = std::span(seen.peers).first(seen.peer_count).end() - 1;
    }
    if (seen.peer_count > 0 && peer != std::span(seen.peers).first(seen.peer_count).end()) {
      *peer = {.source = received->source,
               .priority = received->priority,
               .interval = received->interval,
               .at = now,
               .own_checksum_form = received->checksum == settings.checksum || !v4};
    }
    feed(index, vrrp::AdvertReceived::from(*received));
  }
}

void Speaker::State::read_neighbours(std::size_t index) {
  SpeakingRouter& router = *plan->routers[index];
  address::NeighbourSighting seen;
  for (int i = 0; i < kSightingsATurn && router.watch().next(seen); ++i) {
    if (!router.is_foreign(seen.mac)) continue;
    if (!router.is_virtual(seen.address)) {
      const auto before = std::exchange(gateway.state, vrrp::Witness::Gateway::kReachable);
      gateway.unanswered = 0;
      gateway.asked = false;
      if (before == gateway.state) continue;
      for (std::size_t all = 0; all < plan->routers.size(); ++all) feed_witness(all);
      continue;
    }
    SpeakingRouter::Memory& memory = router.memory;
    if (seen.answer && memory.witness.arp != vrrp::Witness::Arp::kAnswered) {
      memory.witness.arp = vrrp::Witness::Arp::kAnswered;
      memory.probe_until = vrrp::kNever;
      feed_witness(index);
    }
    if (plan->instance(index).state() != vrrp::State::kMaster) continue;
    memory.conflict_until = now + kConflictLasts;
    if (std::exchange(memory.conflict, true)) continue;
    Report out;
    out.kind = Report::Kind::kConflict;
    out.router = static_cast<int>(index);
    out.address = seen.address;
    out.mac = seen.mac;
    push(out);
    feed(index, vrrp::ConflictChanged{.present = true});
  }
}

}  // namespace tandem::speaker
