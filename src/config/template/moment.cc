#include "config/template/moment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "config/template/layout.h"
#include "config/template/runes.h"

namespace tandem::templates {
namespace {

using Kind = LayoutElement::Kind;

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                "Thursday", "Friday", "Saturday"};
constexpr std::int64_t kDay = 86400;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// Days since 1970 of a civil date; any year.
std::int64_t days_of(std::int64_t year, int month, int day) {
  year += floor_div(month - 1, 12);
  const auto m = static_cast<int>((month - 1) - 12 * floor_div(month - 1, 12)) + 1;
  const std::int64_t y = m <= 2 ? year - 1 : year;
  const std::int64_t era = floor_div(y, 400);
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468 + day - 1;
}

std::string offset_text(std::int32_t seconds, std::string_view element) {
  const bool colons = element.contains(':');
  std::string text = seconds < 0 ? "-" : "+";
  const std::int32_t all = std::abs(seconds);
  text += fmt::format("{:02}", all / 3600);
  const std::size_t digits = element.size() - 1 - static_cast<std::size_t>(std::ranges::count(element, ':'));
  if (digits >= 4) text += fmt::format("{}{:02}", colons ? ":" : "", all / 60 % 60);
  if (digits >= 6) text += fmt::format("{}{:02}", colons ? ":" : "", all % 60);
  return text;
}

std::string fraction_text(std::int32_t nanoseconds, const LayoutElement& element) {
  std::string digits = fmt::format("{:09}", nanoseconds).substr(0, std::min<std::size_t>(element.text.size() - 1, 9));
  if (element.kind == Kind::kShortFraction) {
    while (digits.ends_with('0')) digits.pop_back();
    if (digits.empty()) return {};
  }
  return std::string(element.text.substr(0, 1)) + digits;
}

std::string zone_text(const Zone::Offset& offset) {
  if (!offset.name.empty()) return offset.name;
  const std::int32_t minutes = offset.seconds / 60;
  std::string text = fmt::format("{}{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60);
  if (minutes % 60 != 0) text += fmt::format("{:02}", std::abs(minutes) % 60);
  return text;
}

std::string element_text(const Time& time, const Calendar& at, const LayoutElement& element) {
  const int hour12 = at.hour % 12 == 0 ? 12 : at.hour % 12;
  switch (element.kind) {
    case Kind::kLongMonth:
      return std::string(month_name(at.month));
    case Kind::kMonth:
      return std::string(month_name(at.month).substr(0, 3));
    case Kind::kNumericMonth:
      return std::to_string(at.month);
    case Kind::kZeroMonth:
      return fmt::format("{:02}", at.month);
    case Kind::kLongWeekday:
      return std::string(weekday_name(at.weekday));
    case Kind::kWeekday:
      return std::string(weekday_name(at.weekday).substr(0, 3));
    case Kind::kDay:
      return std::to_string(at.day);
    case Kind::kUnderDay:
      return fmt::format("{:2}", at.day);
    case Kind::kZeroDay:
      return fmt::format("{:02}", at.day);
    case Kind::kUnderYearDay:
      return fmt::format("{:3}", at.year_day);
    case Kind::kZeroYearDay:
      return fmt::format("{:03}", at.year_day);
    case Kind::kHour:
      return fmt::format("{:02}", at.hour);
    case Kind::kHour12:
      return std::to_string(hour12);
    case Kind::kZeroHour12:
      return fmt::format("{:02}", hour12);
    case Kind::kMinute:
      return std::to_string(at.minute);
    case Kind::kZeroMinute:
      return fmt::format("{:02}", at.minute);
    case Kind::kSecond:
      return std::to_string(at.second);
    case Kind::kZeroSecond:
      return fmt::format("{:02}", at.second);
    case Kind::kLongYear:
      return at.year < 0 ? fmt::format("-{:04}", -at.year) : fmt::format("{:04}", at.year);
    case Kind::kYear:
      return fmt::format("{:02}", std::max<std::int64_t>(at.year, 0) % 100);
    case Kind::kUpperHalf:
      return at.hour >= 12 ? "PM" : "AM";
    case Kind::kLowerHalf:
      return at.hour >= 12 ? "pm" : "am";
    case Kind::kZoneName:
      return zone_text(at.offset);
    case Kind::kIsoOffset:
      return at.offset.seconds == 0 ? "Z" : offset_text(at.offset.seconds, element.text);
    case Kind::kOffset:
      return offset_text(at.offset.seconds, element.text);
    case Kind::kFraction:
    case Kind::kShortFraction:
      return fraction_text(time.nanoseconds, element);
    case Kind::kNone:
      break;
  }
  return {};
}

}  // namespace

Time time_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  return {nanoseconds / 1'000'000'000, static_cast<std::int32_t>(nanoseconds % 1'000'000'000), Zone::local()};
}

std::int64_t time_between(const Time& a, const Time& b) {
  const __int128 all = (static_cast<__int128>(a.seconds) - b.seconds) * 1'000'000'000 + (a.nanoseconds - b.nanoseconds);
  using Limits = std::numeric_limits<std::int64_t>;
  return static_cast<std::int64_t>(std::clamp<__int128>(all, Limits::min(), Limits::max()));
}

Calendar calendar_of(const Time& time) {
  Calendar at;
  at.offset = time.zone->at(time.seconds);
  const std::int64_t local = time.seconds + at.offset.seconds;
  const std::int64_t days = floor_div(local, kDay);
  const auto second = static_cast<int>(local - days * kDay);
  at.hour = second / 3600;
  at.minute = second / 60 % 60;
  at.second = second % 60;
  at.weekday = static_cast<int>((days + 4) - 7 * floor_div(days + 4, 7));
  // The civil date of a day number, by eras of 400 years that begin in March.
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = floor_div(shifted, 146097);
  const std::int64_t day_of_era = shifted - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month = (5 * day_of_year + 2) / 153;
  at.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  at.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  at.year = year_of_era + era * 400 + (at.month <= 2 ? 1 : 0);
  at.year_day = static_cast<int>(days - days_of(at.year, 1, 1)) + 1;
  return at;
}

std::int64_t seconds_of(const Calendar& at) {
  return days_of(at.year, at.month, at.day) * kDay + at.hour * std::int64_t{3600} + at.minute * std::int64_t{60} +
         at.second;
}

std::string format_time(const Time& time, std::string_view layout) {
  const Calendar at = calendar_of(time);
  std::string text;
  while (!layout.empty()) {
    const LayoutElement element = next_element(layout);
    text.append(element.before).append(element_text(time, at, element));
  }
  return text;
}

std::string_view month_name(std::int64_t month) {
  return month >= 1 && month <= 12 ? kMonths[static_cast<std::size_t>(month - 1)] : "%!Month";
}

std::string_view weekday_name(std::int64_t day) {
  return day >= 0 && day <= 6 ? kDays[static_cast<std::size_t>(day)] : "%!Weekday";
}

base::Result<std::int64_t> parse_duration(std::string_view text) {
  const auto invalid = [whole = text](std::string_view problem) {
    return base::Error(base::ErrorKind::kInvalid, fmt::format("time: {} {}", problem, quoted(whole)));
  };
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return 0;
  if (rest.empty()) return invalid("invalid duration");
  constexpr std::array<std::pair<std::string_view, double>, 8> kUnits{
      {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"μs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 6e10}, {"h", 3.6e12}}};
  long double total = 0;
  while (!rest.empty()) {
    const std::size_t size = std::min(rest.find_first_not_of("0123456789."), rest.size());
    const std::string number(rest.substr(0, size));
    if (number.empty() || number == "." || std::ranges::count(number, '.') > 1) return invalid("invalid duration");
    rest.remove_prefix(size);
    const std::size_t unit_size = std::min(rest.find_first_of("0123456789."), rest.size());
    const std::string_view unit = rest.substr(0, unit_size);
    if (unit.empty()) return invalid("missing unit in duration");
    const auto* const known = std::ranges::find(kUnits, unit, &std::pair<std::string_view, double>::first);
    if (known == kUnits.end()) {
      return base::Error(base::ErrorKind::kInvalid,
                         fmt::format("time: unknown unit {} in duration {}", quoted(unit), quoted(text)));
    }
    rest.remove_prefix(unit_size);
    total += std::strtold(number.c_str(), nullptr) * static_cast<long double>(known->second);
    if (total > 0x1p63L) return invalid("invalid duration");
  }
  if (total >= 0x1p63L)
    return negative ? base::Result<std::int64_t>(std::numeric_limits<std::int64_t>::min())
                    : invalid("invalid duration");
  const auto nanoseconds = static_cast<std::int64_t>(total);
  return negative ? -nanoseconds : nanoseconds;
}

std::string format_duration(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  const bool negative = nanoseconds < 0;
  const auto bits = static_cast<std::uint64_t>(nanoseconds);
  const std::uint64_t all = negative ? 0 - bits : bits;
  const std::string sign = negative ? "-" : "";
  const auto fraction = [](std::uint64_t value, std::uint64_t unit) {
    std::string text = fmt::format("{}.{:0{}}", value / unit, value % unit,
                                   unit == 1000        ? 3
                                   : unit == 1'000'000 ? 6
                                                       : 9);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
  };
  if (all < 1000) return sign + std::to_string(all) + "ns";
  if (all < 1'000'000) return sign + fraction(all, 1000) + "µs";
  if (all < 1'000'000'000) return sign + fraction(all, 1'000'000) + "ms";
  const std::uint64_t minutes = all / 60'000'000'000U;
  std::string text = fraction(all % 60'000'000'000U, 1'000'000'000) + "s";
  if (minutes > 0) text = fmt::format("{}m{}", minutes % 60, text);
  if (minutes >= 60) text = fmt::format("{}h{}", minutes / 60, text);
  return sign + text;
}

}  // namespace tandem::templates
