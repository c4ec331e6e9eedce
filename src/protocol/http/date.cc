#include "protocol/http/date.h"

#include <array>
#include <ctime>

#include <fmt/format.h>

namespace tandem::http {

namespace {

constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Cached {
  std::time_t second = -1;
  std::array<char, 32> text{};
};
thread_local Cached cached;

}  // namespace

std::string_view date_text() {
  constexpr std::size_t kLength = 29;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != cached.second) {
    std::tm utc{};
    ::gmtime_r(&now.tv_sec, &utc);
    fmt::format_to(cached.text.data(), "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                   kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                   kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                   utc.tm_sec);
    cached.second = now.tv_sec;
  }
  return {cached.text.data(), kLength};
}

}  // namespace tandem::http
