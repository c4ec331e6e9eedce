#include "protocol/http/date.h"

#include <string>

#include "base/clock.h"

namespace tandem::http {

namespace {

struct Cached {
  std::chrono::sys_seconds second{};
  std::string text;
};
thread_local Cached cached;

}  // namespace

std::string_view date_text() {
  const base::WallTime now = base::wall_now();
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  if (cached.text.empty() || second != cached.second) {
    cached.text = base::http_date_text(now);
    cached.second = second;
  }
  return cached.text;
}

}  // namespace tandem::http
