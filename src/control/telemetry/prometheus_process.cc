#include "control/telemetry/prometheus_process.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "base/text.h"

namespace tandem::telemetry {
namespace {

std::string content_of(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

/// Fields of /proc/self/stat behind the command's name, which may hold anything (proc(5): the third field is the
/// first).
std::vector<std::string_view> stat_fields(std::string_view stat) {
  const std::size_t end = stat.rfind(") ");
  return end == std::string_view::npos ? std::vector<std::string_view>() : base::split(stat.substr(end + 2), ' ');
}

void read_stat(ProcessFacts& facts) {
  const std::string stat = content_of("/proc/self/stat");
  const std::vector<std::string_view> fields = stat_fields(stat);
  constexpr std::size_t kStartTime = 22 - 3;
  constexpr std::size_t kVirtual = 23 - 3;
  constexpr std::size_t kResident = 24 - 3;
  if (fields.size() <= kResident) return;
  facts.virtual_bytes = number(fields[kVirtual]);
  if (const auto pages = number(fields[kResident])) {
    facts.resident_bytes = *pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }
  const std::string machine = content_of("/proc/stat");
  constexpr std::string_view kBoot = "\nbtime ";
  const std::size_t boot = machine.find(kBoot);
  const auto ticks = number(fields[kStartTime]);
  if (boot == std::string::npos || !ticks) return;
  const auto booted = number(std::string_view(machine).substr(boot + kBoot.size()));
  if (!booted) return;
  facts.start_time =
      static_cast<double>(*booted) + static_cast<double>(*ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::optional<double> limit(__rlimit_resource which) {
  rlimit value{};
  if (::getrlimit(which, &value) != 0) return std::nullopt;
  // As the Go library shows "unlimited".
  constexpr auto kUnlimited = static_cast<double>(std::numeric_limits<std::uint64_t>::max());
  return value.rlim_cur == RLIM_INFINITY ? kUnlimited : static_cast<double>(value.rlim_cur);
}

std::optional<std::uint64_t> open_descriptors() {
  DIR* const folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return std::nullopt;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(folder)) count += entry->d_name[0] != '.' ? 1 : 0;
  ::closedir(folder);
  return count - 1;  // without that of the folder
}

void read_network(ProcessFacts& facts) {
  const std::string text = content_of("/proc/self/net/netstat");
  std::vector<std::string_view> names;
  for (const std::string_view line : base::split(text, '\n')) {
    if (!line.starts_with("IpExt: ")) continue;
    const std::vector<std::string_view> fields = base::split(line, ' ');
    if (names.empty()) {
      names = fields;
      continue;
    }
    for (std::size_t i = 0; i < std::min(names.size(), fields.size()); ++i) {
      if (names[i] == "InOctets") facts.network_received = number(fields[i]);
      if (names[i] == "OutOctets") facts.network_sent = number(fields[i]);
    }
  }
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

ProcessFacts process_facts() {
  ProcessFacts facts;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  facts.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  facts.open_fds = open_descriptors();
  facts.max_fds = limit(RLIMIT_NOFILE);
  facts.virtual_max_bytes = limit(RLIMIT_AS);
  read_stat(facts);
  read_network(facts);
  return facts;
}

}  // namespace tandem::telemetry
