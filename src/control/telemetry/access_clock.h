#pragma once

// AccessClock: texts of points in time for the access log's lines; consecutive ones of the same second cost next to
// nothing. One thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string_view>

namespace tandem::telemetry {

class AccessClock {
 public:
  static constexpr std::size_t kLongest = 40;

  /// Wall-clock time less monotonic time, measured now: moments are given in monotonic nanoseconds.
  void synchronise();

  // Each appends at `to`, which has kLongest bytes, and returns the end.
  /// "2006-01-02T15:04:05.123456789Z", zeros at the end of the fraction cut (Go's RFC3339Nano).
  char* write_utc(std::int64_t monotonic_ns, char* to);
  /// The same in the machine's zone.
  char* write_local(std::int64_t monotonic_ns, char* to);
  /// "2006-01-02T15:04:05+01:00": the machine's zone, whole seconds.
  char* write_local_seconds(std::int64_t monotonic_ns, char* to);
  /// "02/Jan/2006:15:04:05 +0000", in UTC or the machine's zone.
  char* write_common(std::int64_t monotonic_ns, bool utc, char* to);

 private:
  struct Second {
    std::time_t value = -1;
    std::tm parts{};
    std::array<char, 20> date_time{};  // "2006-01-02T15:04:05"
    std::array<char, 8> zone{};        // "Z" or "+01:00"
    std::size_t zone_size = 0;
  };
  static char* append(char* to, std::string_view text);
  const Second& second(std::int64_t wall_ns, bool utc);
  char* write(std::int64_t monotonic_ns, bool utc, char* to);

  std::int64_t offset_ns_ = 0;
  Second utc_;
  Second local_;
};

}  // namespace tandem::telemetry
