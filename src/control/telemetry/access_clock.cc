#include "control/telemetry/access_clock.h"

#include <fmt/format.h>

#include <chrono>
#include <cstring>

namespace tandem::telemetry {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::size_t kDateTime = 19;

std::int64_t now_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

}  // namespace

void AccessClock::synchronise() { offset_ns_ = now_of(CLOCK_REALTIME) - now_of(CLOCK_MONOTONIC); }

char* AccessClock::append(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

const AccessClock::Second& AccessClock::second(std::int64_t wall_ns, bool utc) {
  Second& known = utc ? utc_ : local_;
  const std::time_t value = wall_ns / kSecond;
  if (known.value == value) return known;
  known.value = value;
  if (utc) {
    ::gmtime_r(&value, &known.parts);
  } else {
    ::localtime_r(&value, &known.parts);
  }
  const std::tm& at = known.parts;
  fmt::format_to_n(known.date_time.data(), known.date_time.size(), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
                   at.tm_year + 1900, at.tm_mon + 1, at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec);
  const long minutes = at.tm_gmtoff / 60;
  const long distance = std::labs(minutes);
  const auto zone = minutes == 0 ? fmt::format_to_n(known.zone.data(), known.zone.size(), "Z")
                                 : fmt::format_to_n(known.zone.data(), known.zone.size(), "{}{:02}:{:02}",
                                                    minutes < 0 ? '-' : '+', distance / 60, distance % 60);
  known.zone_size = zone.size;
  return known;
}

char* AccessClock::write(std::int64_t monotonic_ns, bool utc, char* to) {
  const std::int64_t wall_ns = monotonic_ns + offset_ns_;
  const Second& at = second(wall_ns, utc);
  to = append(to, {at.date_time.data(), kDateTime});
  auto fraction = static_cast<std::uint32_t>(wall_ns % kSecond);
  if (fraction != 0) {
    constexpr std::size_t kDigits = 9;
    *to = '.';
    for (std::size_t i = kDigits; i > 0; --i) {
      to[i] = static_cast<char>('0' + fraction % 10);
      fraction /= 10;
    }
    to += 1 + kDigits;
    while (to[-1] == '0') --to;
  }
  return append(to, {at.zone.data(), at.zone_size});
}

char* AccessClock::write_utc(std::int64_t monotonic_ns, char* to) { return write(monotonic_ns, true, to); }
char* AccessClock::write_local(std::int64_t monotonic_ns, char* to) { return write(monotonic_ns, false, to); }

char* AccessClock::write_local_seconds(std::int64_t monotonic_ns, char* to) {
  const Second& at = second(monotonic_ns + offset_ns_, false);
  to = append(to, {at.date_time.data(), kDateTime});
  return append(to, {at.zone.data(), at.zone_size});
}

char* AccessClock::write_common(std::int64_t monotonic_ns, bool utc, char* to) {
  const Second& second_of = second(monotonic_ns + offset_ns_, utc);
  const std::tm& at = second_of.parts;
  const std::string_view time(second_of.date_time.data() + 11, 8);
  const long minutes = at.tm_gmtoff / 60;
  const long distance = std::labs(minutes);
  return fmt::format_to_n(to, kLongest, "{:02}/{}/{:04}:{} {}{:02}{:02}", at.tm_mday,
                          kMonths[static_cast<std::size_t>(at.tm_mon)], at.tm_year + 1900, time,
                          minutes < 0 ? '-' : '+', distance / 60, distance % 60)
      .out;
}

}  // namespace tandem::telemetry
