#include "app/api/debug_pages.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "app/api/reply.h"
#include "config/format/json.h"

namespace tandem::api {
namespace {

constexpr std::string_view kVariables = "/debug/vars";
constexpr std::string_view kProfiles = "/debug/pprof/";
constexpr int kNotFound = 404;

constexpr std::string_view kProfilesPage =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>/debug/pprof/</title>\n"
    "<p>tandem is not a Go program and has no Go profiles. Use perf on the process, and\n"
    "<a href=\"/debug/vars\">/debug/vars</a> for its numbers.</p>\n"
    "<ul><li><a href=\"cmdline\">cmdline</a>: the command line</li></ul>\n";

/// The words of the command line, as the kernel keeps them: each ends with a zero byte.
std::string command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::stringstream words;
  words << file.rdbuf();
  std::string line = std::move(words).str();
  if (line.ends_with('\0')) line.pop_back();
  return line;
}

std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  file >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

format::Value variables() {
  format::Array words;
  std::stringstream line(command_line());
  for (std::string word; std::getline(line, word, '\0');) words.push_back(text(word));
  const struct mallinfo2 heap = ::mallinfo2();
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  constexpr std::int64_t kMicroseconds = 1'000'000;
  const std::int64_t cpu =
      (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * kMicroseconds + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
  format::Object memory{{"HeapAlloc", number(static_cast<std::int64_t>(heap.uordblks + heap.hblkhd))},
                        {"HeapSys", number(static_cast<std::int64_t>(heap.arena + heap.hblkhd))},
                        {"Sys", number(resident_bytes())}};
  return {format::Object{{"cmdline", format::Value(std::move(words), {})},
                         {"cpuMicroseconds", number(cpu)},
                         {"memstats", format::Value(std::move(memory), {})}},
          {}};
}

http::Response with_nosniff(http::Response response) {
  response.headers.add_view(http::HeaderId::kOther, "X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace

bool is_debug_page(std::string_view path) { return path == kVariables || path.starts_with(kProfiles); }

http::Response debug_page(std::string_view path, http::Exchange& exchange) {
  if (path == kVariables) {
    return page("application/json; charset=utf-8", format::serialize_json(variables()) + "\n", exchange,
                Length::kUnknown);
  }
  path.remove_prefix(kProfiles.size());
  if (path.empty()) return with_nosniff(page("text/html; charset=utf-8", kProfilesPage, exchange, Length::kUnknown));
  if (path == "cmdline") return with_nosniff(page("text/plain; charset=utf-8", command_line(), exchange));
  http::Response response = http::error_response(kNotFound, "Unknown profile", exchange.arena);
  response.headers.add_view(http::HeaderId::kOther, "X-Go-Pprof", "1");
  return response;
}

}  // namespace tandem::api
