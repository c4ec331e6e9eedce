#include "control/ha/data_plane_check.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>
#include <optional>
#include <utility>

#include "engine/net/tcp.h"

namespace tandem::ha {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

/// One listening socket that is asked, over a connection that stays.
struct DataPlaneCheck::Asked {
  net::Address address;
  loop::TimePoint answered;
  std::string failure;  // of the last try; empty: it answered
};

namespace {

/// The address that reaches a listener from this machine.
net::Address reachable(const net::Address& listening) {
  const net::IpAddress ip = listening.ip();
  if (ip == net::IpAddress::parse("0.0.0.0")) return {*net::IpAddress::parse("127.0.0.1"), listening.port()};
  if (ip == net::IpAddress::parse("::")) return {*net::IpAddress::parse("::1"), listening.port()};
  return listening;
}

std::int64_t to_milliseconds(loop::Nanoseconds duration) { return duration_cast<milliseconds>(duration).count(); }

/// Percent of the machine's memory that can be had; 100 when it cannot be told.
int available_memory_percent() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::string unit;
  double kilobytes = 0;
  double total = 0;
  while (file >> name >> kilobytes) {
    std::getline(file, unit);
    if (name == "MemTotal:") total = kilobytes;
    if (name == "MemAvailable:" && total > 0) return static_cast<int>(100 * kilobytes / total);
  }
  return 100;
}

/// Open descriptors of a process: the size of its directory of them since Linux 6.2, else its entries.
std::size_t count_descriptors(const std::string& directory) {
  struct stat status{};
  if (::stat(directory.c_str(), &status) == 0 && status.st_size > 0) return static_cast<std::size_t>(status.st_size);
  std::size_t count = 0;
  if (DIR* const entries = ::opendir(directory.c_str())) {
    while (::readdir(entries) != nullptr) ++count;
    ::closedir(entries);
  }
  return count;
}

/// State and processor time of a thread.
struct ThreadUse {
  char state = '?';
  loop::Nanoseconds cpu_time{0};
};

std::optional<ThreadUse> use_of_thread(int pid, int thread) {
  const std::string directory = fmt::format("/proc/{}/task/{}/", pid, thread);
  std::string stat;
  std::getline(std::ifstream(directory + "stat"), stat);
  const std::size_t name_end = stat.rfind(") ");  // a name may hold anything
  std::int64_t nanoseconds = 0;
  if (name_end == std::string::npos || !(std::ifstream(directory + "schedstat") >> nanoseconds)) return std::nullopt;
  return ThreadUse{.state = stat[name_end + 2], .cpu_time = loop::Nanoseconds(nanoseconds)};
}

/// Percent of a process's descriptors that are free; 100 when it cannot be told.
int free_descriptors_percent(int pid) {
  rlimit limit{};
  if (::prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) != 0 || limit.rlim_cur == 0 || limit.rlim_cur == RLIM_INFINITY) {
    return 100;
  }
  const std::size_t open = count_descriptors(fmt::format("/proc/{}/fd", pid));
  return open >= limit.rlim_cur ? 0 : static_cast<int>(100 * (limit.rlim_cur - open) / limit.rlim_cur);
}

/// Sends one request and reads the head of its answer and what came with it. The answer is short: it is our own.
loop::Task<bool> ask(net::Stream& stream, std::string_view request, loop::TimePoint deadline) {
  iovec part{.iov_base = const_cast<char*>(request.data()), .iov_len = request.size()};
  const net::IoCount sent = stream.try_write({&part, 1});
  if (!sent.moved() || sent.bytes() != request.size()) co_return false;
  std::array<char, 1024> room;
  std::size_t filled = 0;
  while (filled < room.size()) {
    const net::IoCount got = stream.try_read(std::span(room).subspan(filled));
    if (got.moved()) {
      filled += got.bytes();
      const std::string_view answer(room.data(), filled);
      if (answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\nOK")) co_return true;
      continue;
    }
    if (!got.would_block()) co_return false;
    const loop::Wake wake = co_await stream.readable(deadline);
    if (wake == loop::Wake::kTimeout) co_return false;
  }
  co_return false;
}

}  // namespace

DataPlaneCheck::DataPlaneCheck(DataPlaneOptions options, Told told, Told looked)
    : options_(std::move(options)),
      told_(std::move(told)),
      looked_(std::move(looked)),
      ended_at_(loop::Loop::current().exact_now()),
      beats_(options_.workers) {
  for (const net::Address& listening : options_.asks) {
    asked_.push_back(std::make_unique<Asked>(Asked{.address = reachable(listening), .answered = ended_at_}));
  }
}

DataPlaneCheck::~DataPlaneCheck() = default;

void DataPlaneCheck::assume_well() { verdict_ = {.health = DataPlaneHealth::kWell, .reason = {}}; }

void DataPlaneCheck::start() {
  for (const auto& asked : asked_) tasks_.spawn(ask_regularly(*asked));
  tasks_.spawn(look_regularly());
}

void DataPlaneCheck::process_began(const HealthPage& page, int pid) {
  page_ = &page;
  pid_ = pid;
  const loop::TimePoint now = loop::Loop::current().exact_now();
  for (Beat& beat : beats_) beat = {.count = 0, .seen = now};
}

void DataPlaneCheck::process_ended() {
  page_ = nullptr;
  pid_ = -1;
  was_well_ = verdict_.health == DataPlaneHealth::kWell;
  ended_at_ = loop::Loop::current().exact_now();
}

loop::Task<void> DataPlaneCheck::look_regularly() {
  loop::TimePoint due = loop::Loop::current().exact_now();
  for (;;) {
    look();
    due = std::max(due + options_.interval, loop::Loop::current().now());
    co_await loop::sleep_until(due);
    note_own_lateness(loop::Loop::current().exact_now() - due);
  }
}

/// The worst of the last looks; older ones count less.
void DataPlaneCheck::note_own_lateness(loop::Nanoseconds late) {
  own_lateness_ = std::min(std::max(late, own_lateness_ - own_lateness_ / 8), options_.starved);
}

void DataPlaneCheck::look() {
  DataPlaneVerdict found = judge();
  const bool better = found.health > verdict_.health;
  in_a_row_ = found.health == verdict_.health ? 0 : in_a_row_ + 1;
  const bool changes = in_a_row_ > 0 && in_a_row_ >= (better ? options_.rise : options_.fall);
  if (in_a_row_ == 0) verdict_.reason = std::move(found.reason);
  if (changes) {
    verdict_ = std::move(found);
    in_a_row_ = 0;
  }
  if (changes || !told_once_) told_(verdict_);
  told_once_ = true;
  looked_(verdict_);
}

DataPlaneVerdict DataPlaneCheck::judge() {
  using enum DataPlaneHealth;
  const loop::TimePoint now = loop::Loop::current().exact_now();
  // While a proxy that served is restarted, its listening sockets take connections: nothing is lost by waiting.
  if (was_well_ && now - ended_at_ < options_.restart_grace) {
    for (const auto& asked : asked_) asked->answered = now;
    return {.health = kWell, .reason = {}};
  }
  if (page_ == nullptr) return {.health = kDead, .reason = "the proxy does not run"};
  if (page_->draining.load(std::memory_order_relaxed)) return {.health = kDead, .reason = "the proxy stops"};
  if (std::string stalled = find_stalled_worker(); !stalled.empty()) return {kDead, std::move(stalled)};
  if (std::string silent = find_silent_listener(); !silent.empty()) return {kDead, std::move(silent)};
  if (std::string lack = find_lack_of_configuration(); !lack.empty()) return {kUnwell, std::move(lack)};
  if (const std::string& shortage = find_shortage(); !shortage.empty()) return {kUnwell, shortage};
  return {.health = kWell, .reason = {}};
}

std::string DataPlaneCheck::find_lack_of_configuration() const {
  if (!page_->ready.load(std::memory_order_acquire)) return "the proxy is not ready: it waits for its configuration";
  const std::uint64_t routers = page_->routers.load(std::memory_order_relaxed);
  if (routers >= options_.min_routers) return {};
  return fmt::format("the configuration has {} routers; {} are wanted", routers, options_.min_routers);
}

std::string DataPlaneCheck::find_silent_listener() const {
  const loop::TimePoint now = loop::Loop::current().exact_now();
  for (const auto& asked : asked_) {
    const loop::Nanoseconds usual = options_.timeout + options_.interval + own_lateness_;
    if (now - asked->answered <= (starving_ ? std::max(usual, options_.starved) : usual)) continue;
    return fmt::format("no answer on {} for {} ms{}", asked->address.text(), to_milliseconds(now - asked->answered),
                       asked->failure.empty() ? "" : ": " + asked->failure);
  }
  return {};
}

std::string DataPlaneCheck::find_stalled_worker() {
  const loop::TimePoint now = loop::Loop::current().exact_now();
  starving_ = false;
  for (std::size_t i = 0; i < beats_.size(); ++i) {
    const std::uint64_t count = page_->hearts[i].beats.load(std::memory_order_relaxed);
    if (count != beats_[i].count) beats_[i] = {.count = count, .seen = now};
    const loop::Nanoseconds silent = now - beats_[i].seen;
    if (silent <= options_.worker_stall + own_lateness_) continue;
    const bool waits = waits_for_a_core(i);
    starving_ = starving_ || waits;
    if (waits && silent < options_.starved) continue;
    return fmt::format("worker {} of the proxy stands still for {} ms", i, to_milliseconds(silent));
  }
  return {};
}

/// Whether the thread is ready to run, and did not get to in the time since the look before.
bool DataPlaneCheck::waits_for_a_core(std::size_t worker) {
  const std::optional<ThreadUse> use =
      use_of_thread(pid_, page_->hearts[worker].thread.load(std::memory_order_relaxed));
  if (!use) return false;
  Beat& beat = beats_[worker];
  const loop::TimePoint now = loop::Loop::current().exact_now();
  const loop::Nanoseconds passed = now - std::exchange(beat.cpu_time_at, now);
  const loop::Nanoseconds used = use->cpu_time - std::exchange(beat.cpu_time, use->cpu_time);
  const bool comparable = passed < options_.interval * 4;
  return use->state == 'R' && comparable && used < passed / 4;
}

const std::string& DataPlaneCheck::find_shortage() {
  constexpr auto kPeriod = std::chrono::seconds(1);
  const loop::TimePoint now = loop::Loop::current().exact_now();
  if (now - shortage_looked_at_ < kPeriod) return shortage_;
  shortage_looked_at_ = now;
  shortage_.clear();
  if (options_.memory_headroom > 0) {
    const int percent = available_memory_percent();
    if (percent < options_.memory_headroom) {
      shortage_ = fmt::format("{} % of the memory are available; {} are wanted", percent, options_.memory_headroom);
    }
  }
  if (options_.descriptor_headroom > 0 && pid_ > 0) {
    const int percent = free_descriptors_percent(pid_);
    if (percent < options_.descriptor_headroom) {
      shortage_ = fmt::format("{} % of the proxy's file descriptors are free; {} are wanted", percent,
                              options_.descriptor_headroom);
    }
  }
  return shortage_;
}

loop::Task<void> DataPlaneCheck::ask_regularly(Asked& asked) {
  const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", options_.path, asked.address.text());
  std::unique_ptr<net::Stream> stream;
  for (;;) {
    const loop::TimePoint due = loop::Loop::current().now() + options_.interval;
    const loop::TimePoint deadline = loop::Loop::current().now() + options_.timeout;
    if (stream == nullptr) {
      base::Result<std::unique_ptr<net::Stream>> connected = co_await net::connect(asked.address, deadline);
      if (connected) {
        stream = std::move(*connected);
      } else {
        asked.failure = connected.error().text();
      }
    }
    if (stream != nullptr) {
      const bool answered = co_await ask(*stream, request, deadline);
      if (answered) {
        asked.answered = loop::Loop::current().now();
        asked.failure.clear();
      } else {
        asked.failure = "the request was not answered";
        stream = nullptr;  // the next try is a new connection: it may reach another worker
      }
    }
    co_await loop::sleep_until(due);
  }
}

}  // namespace tandem::ha
