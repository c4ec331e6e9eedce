// The methods of time.Time, time.Duration and semver.Version, and the functions that make and compare versions.

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "config/template/functions.h"
#include "config/template/version.h"

namespace tandem::templates {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

Value value_of(Time time) { return Value::of(std::make_shared<const Time>(std::move(time))); }

Outcome with_zone(Call& call, std::shared_ptr<const Zone> zone) {
  Time time = call[0].time();
  time.zone = std::move(zone);
  return value_of(std::move(time));
}

Outcome add_date(Call& call) {
  Time time = call[0].time();
  Calendar at = calendar_of(time);
  for (std::size_t i = 1; i <= 3; ++i) {
    if (std::abs(call.integer(i)) > 1'000'000) return failure("the date is out of range");
  }
  at.year += call.integer(1);
  at.month += static_cast<int>(call.integer(2));
  at.day += static_cast<int>(call.integer(3));
  const std::int64_t local = seconds_of(at);
  time.seconds = local - time.zone->at(local - at.offset.seconds).seconds;
  return value_of(std::move(time));
}

bool before(const Time& a, const Time& b) {
  return std::pair(a.seconds, a.nanoseconds) < std::pair(b.seconds, b.nanoseconds);
}

constexpr BuiltIn kTimeMethods[] = {
    {"AddDate", "tiii", add_date},
    {"After", "tt", [](Call& call) -> Outcome { return Value::of(before(call[1].time(), call[0].time())); }},
    {"Before", "tt", [](Call& call) -> Outcome { return Value::of(before(call[0].time(), call[1].time())); }},
    {"Day", "t", [](Call& call) -> Outcome { return Value::of_int(calendar_of(call[0].time()).day); }},
    {"Equal", "tt", [](Call& call) -> Outcome { return Value::of(call[0].time() == call[1].time()); }},
    {"Format", "ts", [](Call& call) -> Outcome { return Value::of(format_time(call[0].time(), call.text(1))); }},
    {"Hour", "t", [](Call& call) -> Outcome { return Value::of_int(calendar_of(call[0].time()).hour); }},
    {"IsZero", "t", [](Call& call) -> Outcome { return Value::of(call[0].time() == Time{kZeroTime, 0, nullptr}); }},
    {"Local", "t", [](Call& call) { return with_zone(call, Zone::local()); }},
    {"Minute", "t", [](Call& call) -> Outcome { return Value::of_int(calendar_of(call[0].time()).minute); }},
    {"Month", "t",
     [](Call& call) -> Outcome { return Value::of(std::int64_t{calendar_of(call[0].time()).month}, Type::kMonth); }},
    {"Nanosecond", "t", [](Call& call) -> Outcome { return Value::of_int(call[0].time().nanoseconds); }},
    {"Second", "t", [](Call& call) -> Outcome { return Value::of_int(calendar_of(call[0].time()).second); }},
    {"String", "t",
     [](Call& call) -> Outcome {
       return Value::of(format_time(call[0].time(), "2006-01-02 15:04:05.999999999 -0700 MST"));
     }},
    {"Sub", "tt",
     [](Call& call) -> Outcome { return Value::of(time_between(call[0].time(), call[1].time()), Type::kDuration); }},
    {"UTC", "t", [](Call& call) { return with_zone(call, Zone::utc()); }},
    {"Unix", "t", [](Call& call) -> Outcome { return Value::of(call[0].time().seconds); }},
    {"UnixMilli", "t",
     [](Call& call) -> Outcome {
       const auto seconds = static_cast<std::uint64_t>(call[0].time().seconds);
       return Value::of(static_cast<std::int64_t>(seconds * 1000) + call[0].time().nanoseconds / 1'000'000);
     }},
    {"UnixNano", "t",
     [](Call& call) -> Outcome {
       const auto seconds = static_cast<std::uint64_t>(call[0].time().seconds);
       return Value::of(
           static_cast<std::int64_t>(seconds * kSecond + static_cast<std::uint64_t>(call[0].time().nanoseconds)));
     }},
    {"Weekday", "t",
     [](Call& call) -> Outcome {
       return Value::of(std::int64_t{calendar_of(call[0].time()).weekday}, Type::kWeekday);
     }},
    {"Year", "t", [](Call& call) -> Outcome { return Value::of_int(calendar_of(call[0].time()).year); }},
    {"YearDay", "t", [](Call& call) -> Outcome { return Value::of_int(calendar_of(call[0].time()).year_day); }},
};

Outcome in_units(Call& call, double unit) { return Value::of(static_cast<double>(call[0].integer()) / unit); }

constexpr BuiltIn kDurationMethods[] = {
    {"Hours", "a", [](Call& call) { return in_units(call, 3.6e12); }},
    {"Milliseconds", "a", [](Call& call) -> Outcome { return Value::of(call[0].integer() / 1'000'000); }},
    {"Minutes", "a", [](Call& call) { return in_units(call, 6e10); }},
    {"Nanoseconds", "a", [](Call& call) -> Outcome { return Value::of(call[0].integer()); }},
    {"Seconds", "a", [](Call& call) { return in_units(call, 1e9); }},
    {"String", "a", [](Call& call) -> Outcome { return Value::of(format_duration(call[0].integer())); }},
};

constexpr BuiltIn kMonthMethods[] = {
    {"String", "a", [](Call& call) -> Outcome { return Value::of(month_name(call[0].integer())); }}};
constexpr BuiltIn kWeekdayMethods[] = {
    {"String", "a", [](Call& call) -> Outcome { return Value::of(weekday_name(call[0].integer())); }}};

constexpr BuiltIn kVersionMethods[] = {
    {"Compare", "VV",
     [](Call& call) -> Outcome { return Value::of_int(compare(call[0].version(), call[1].version())); }},
    {"Equal", "VV",
     [](Call& call) -> Outcome { return Value::of(compare(call[0].version(), call[1].version()) == 0); }},
    {"GreaterThan", "VV",
     [](Call& call) -> Outcome { return Value::of(compare(call[0].version(), call[1].version()) > 0); }},
    {"LessThan", "VV",
     [](Call& call) -> Outcome { return Value::of(compare(call[0].version(), call[1].version()) < 0); }},
    {"Major", "V", [](Call& call) -> Outcome { return Value::of_unsigned(call[0].version().major, Type::kUint64); }},
    {"Metadata", "V", [](Call& call) -> Outcome { return Value::of(call[0].version().metadata); }},
    {"Minor", "V", [](Call& call) -> Outcome { return Value::of_unsigned(call[0].version().minor, Type::kUint64); }},
    {"Original", "V", [](Call& call) -> Outcome { return Value::of(call[0].version().original); }},
    {"Patch", "V", [](Call& call) -> Outcome { return Value::of_unsigned(call[0].version().patch, Type::kUint64); }},
    {"Prerelease", "V", [](Call& call) -> Outcome { return Value::of(call[0].version().prerelease); }},
    {"String", "V", [](Call& call) -> Outcome { return Value::of(call[0].version().text()); }},
};

std::span<const BuiltIn> methods_of(Type type) {
  switch (type) {
    case Type::kTime:
      return kTimeMethods;
    case Type::kDuration:
      return kDurationMethods;
    case Type::kMonth:
      return kMonthMethods;
    case Type::kWeekday:
      return kWeekdayMethods;
    case Type::kVersion:
      return kVersionMethods;
    default:
      return {};
  }
}

Outcome semver(Call& call) {
  auto version = parse_version(call.text(0));
  if (!version) return version.error();
  return Value::of(std::make_shared<const Version>(*std::move(version)));
}

Outcome semver_compare(Call& call) {
  // A constraint is read many times; long ones are nobody's versions.
  if (call.text(0).size() > 4096 || call.text(1).size() > 4096) return failure("improper constraint: it is too long");
  // An error in the constraints comes first.
  const auto readable = fulfils(call.text(0), Version{});
  if (!readable) return readable.error();
  const auto version = parse_version(call.text(1));
  if (!version) return version.error();
  const auto result = fulfils(call.text(0), *version);
  if (!result) return result.error();
  return Value::of(*result);
}

constexpr BuiltIn kFunctions[] = {
    {"semver", "s", semver},
    {"semverCompare", "ss", semver_compare},
};

}  // namespace

const BuiltIn* find_method(const Value& receiver, std::string_view name) {
  for (const BuiltIn& each : methods_of(receiver.type())) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

std::span<const BuiltIn> version_functions() { return kFunctions; }

}  // namespace tandem::templates
