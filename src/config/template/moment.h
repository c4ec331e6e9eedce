#pragma once

// Points in time and durations as Go's package time has them: an instant with the zone in which it is shown, layouts
// ("2006-01-02"), and the text of durations ("1h30m0s"). Any thread; values are owned by whoever holds them.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tandem::templates {

/// A time zone: UTC, the machine's, one of the zone database, or a fixed offset.
class Zone {
 public:
  struct Offset {
    std::int32_t seconds = 0;  // east of Greenwich
    std::string name;          // "CET"
  };
  static std::shared_ptr<const Zone> utc();
  static std::shared_ptr<const Zone> local();
  static std::shared_ptr<const Zone> fixed(std::int32_t seconds, std::string name);
  /// As Go's time.LoadLocation: "" and "UTC", "Local", or a name of the zone database.
  static base::Result<std::shared_ptr<const Zone>> named(std::string_view name);

  virtual ~Zone() = default;
  virtual Offset at(std::int64_t unix_seconds) const = 0;
};

struct Time {
  std::int64_t seconds = 0;  // since 1970
  std::int32_t nanoseconds = 0;
  std::shared_ptr<const Zone> zone = Zone::utc();

  bool operator==(const Time& other) const { return seconds == other.seconds && nanoseconds == other.nanoseconds; }
};

/// The calendar of a moment in its zone.
struct Calendar {
  std::int64_t year = 1;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int weekday = 0;   // 0 is Sunday
  int year_day = 1;  // from 1
  Zone::Offset offset;
};

constexpr std::int64_t kZeroTime = -62135596800;  // 0001-01-01 00:00:00 UTC, Go's time.Time{}

Time time_now();
/// Nanoseconds from `b` to `a`, saturated as Go's Time.Sub.
std::int64_t time_between(const Time& a, const Time& b);
Calendar calendar_of(const Time& time);
/// Seconds since 1970 of a date of the proleptic Gregorian calendar; months and days may be out of range.
std::int64_t seconds_of(const Calendar& calendar);
/// Go's Time.Format.
std::string format_time(const Time& time, std::string_view layout);
/// Go's time.ParseInLocation.
base::Result<Time> parse_time(std::string_view layout, std::string_view text, std::shared_ptr<const Zone> zone);
/// Nanoseconds of Go's duration syntax: "1h15m30.918s", "-1.5h".
base::Result<std::int64_t> parse_duration(std::string_view text);
std::string format_duration(std::int64_t nanoseconds);
std::string_view month_name(std::int64_t month);
std::string_view weekday_name(std::int64_t day);

}  // namespace tandem::templates
