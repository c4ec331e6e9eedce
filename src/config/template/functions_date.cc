// Dates and durations, and the methods of time.Time and time.Duration.

#include <fmt/format.h>

#include <array>

#include "config/template/cast.h"
#include "config/template/functions.h"

namespace tandem::templates {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

Time now(Call& call) {
  const auto& clock = call.rendering.surroundings().now;
  return clock ? clock() : time_now();
}

Value value_of(Time time) { return Value::of(std::make_shared<const Time>(std::move(time))); }

/// Times, and whole numbers as seconds since 1970; everything else is now.
Time time_of(Call& call, const Value& value) {
  if (value.is(Type::kTime)) return value.time();
  if (value.is(Type::kInt) || value.is(Type::kInt64)) return {value.integer(), 0, Zone::local()};
  return now(call);
}

Outcome date_in_zone(Call& call, std::string_view layout, const Value& value, std::string_view zone) {
  Time time = time_of(call, value);
  time.zone = Zone::named(zone).value_or(Zone::utc());
  return Value::of(format_time(time, layout));
}

Time added(Time time, std::int64_t nanoseconds) {
  const std::int64_t all = time.nanoseconds + nanoseconds % kSecond;
  const std::int64_t carry = all < 0 ? -1 : all / kSecond;
  time.seconds += nanoseconds / kSecond + carry;
  time.nanoseconds = static_cast<std::int32_t>(all - carry * kSecond);
  return time;
}

Outcome modified(Call& call, bool strict) {
  const auto duration = parse_duration(call.text(0));
  if (!duration) return strict ? Outcome(duration.error()) : Outcome(call[1]);
  return value_of(added(call[1].time(), *duration));
}

Outcome ago(Call& call) {
  const std::int64_t since = time_between(now(call), time_of(call, call[0]));
  const std::int64_t half = since < 0 ? -kSecond / 2 : kSecond / 2;
  std::int64_t rounded = 0;
  if (__builtin_add_overflow(since, half, &rounded)) rounded = since;
  return Value::of(format_duration(rounded / kSecond * kSecond));
}

Outcome duration(Call& call) {
  std::int64_t seconds = 0;
  if (call[0].is(Type::kString)) seconds = parse_go_integer(call.text(0), 10).value_or(0);
  if (call[0].is(Type::kInt64)) seconds = call[0].integer();
  return Value::of(format_duration(static_cast<std::int64_t>(static_cast<std::uint64_t>(seconds) * kSecond)));
}

Outcome rounded_duration(Call& call) {
  std::int64_t value = 0;
  if (call[0].is(Type::kString)) value = parse_duration(call.text(0)).value_or(0);
  if (call[0].is(Type::kInt64)) value = call[0].integer();
  if (call[0].is(Type::kTime)) value = time_between(now(call), call[0].time());
  const auto bits = static_cast<std::uint64_t>(value);
  const std::uint64_t seconds = (value < 0 ? 0 - bits : bits) / kSecond;
  const std::uint64_t nanoseconds = value < 0 ? 0 - bits : bits;
  constexpr std::array<std::pair<std::uint64_t, std::string_view>, 6> kUnits{
      {{31'536'000, "y"}, {2'592'000, "mo"}, {86'400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}}};
  for (const auto& [size, name] : kUnits) {
    if (nanoseconds > size * kSecond) return Value::of(fmt::format("{}{}", seconds / size, name));
  }
  return Value::of("0s");
}

Outcome to_date(Call& call, bool strict) {
  auto time = parse_time(call.text(0), call.text(1), Zone::local());
  if (!time && strict) return time.error();
  return value_of(time ? *std::move(time) : Time{kZeroTime, 0, Zone::utc()});
}

constexpr BuiltIn kFunctions[] = {
    {"ago", "a", ago},
    {"date", "sa", [](Call& call) { return date_in_zone(call, call.text(0), call[1], "Local"); }},
    {"dateInZone", "sas", [](Call& call) { return date_in_zone(call, call.text(0), call[1], call.text(2)); }},
    {"dateModify", "st", [](Call& call) { return modified(call, false); }},
    {"date_in_zone", "sas", [](Call& call) { return date_in_zone(call, call.text(0), call[1], call.text(2)); }},
    {"date_modify", "st", [](Call& call) { return modified(call, false); }},
    {"duration", "a", duration},
    {"durationRound", "a", rounded_duration},
    {"htmlDate", "a", [](Call& call) { return date_in_zone(call, "2006-01-02", call[0], "Local"); }},
    {"htmlDateInZone", "as", [](Call& call) { return date_in_zone(call, "2006-01-02", call[0], call.text(1)); }},
    {"mustDateModify", "st", [](Call& call) { return modified(call, true); }},
    {"mustToDate", "ss", [](Call& call) { return to_date(call, true); }},
    {"must_date_modify", "st", [](Call& call) { return modified(call, true); }},
    {"now", "", [](Call& call) -> Outcome { return value_of(now(call)); }},
    {"toDate", "ss", [](Call& call) { return to_date(call, false); }},
    {"unixEpoch", "t", [](Call& call) -> Outcome { return Value::of(std::to_string(call[0].time().seconds)); }},
};

}  // namespace

std::span<const BuiltIn> date_functions() { return kFunctions; }

}  // namespace tandem::templates
