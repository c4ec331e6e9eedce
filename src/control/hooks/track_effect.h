#pragma once

// What a check does to an instance: keepalived's weights, and its hysteresis. Pure; any thread.

#include <cstdint>
#include <optional>

namespace tandem::hooks {

struct TrackEffect {
  std::int64_t weight = 0;  ///< added to the priority
  bool fault = false;       ///< the instance gives its addresses up
  bool operator==(const TrackEffect&) const = default;
};

/// Weight 0: bad is a fault. Above 0: added while good. Below 0: added while bad. `reverse` swaps good and bad for
/// weight 0, and the sign of the weight otherwise.
constexpr TrackEffect effect_of(std::int64_t weight, bool reverse, bool good) {
  if (weight == 0) return {.weight = 0, .fault = good == reverse};
  const std::int64_t change = (weight > 0) == good ? weight : 0;
  return {.weight = reverse ? -change : change, .fault = false};
}

/// `rise` good results in a row make it good, `fall` bad ones bad; the first result counts alone.
class Hysteresis {
 public:
  Hysteresis(std::int64_t rise, std::int64_t fall, bool begins_bad) : rise_(rise), fall_(fall) {
    if (begins_bad) good_ = false;
  }

  /// Nothing until the first result.
  std::optional<bool> good() const { return good_; }
  /// Results in a row that speak against it.
  std::int64_t against() const { return against_; }

  /// Returns whether good() changed.
  bool take(bool result) {
    if (!good_) {
      good_ = result;
      return true;
    }
    against_ = result == *good_ ? 0 : against_ + 1;
    if (against_ < (result ? rise_ : fall_)) return false;
    if (result == *good_) return false;
    good_ = result;
    against_ = 0;
    return true;
  }

 private:
  std::int64_t rise_;
  std::int64_t fall_;
  std::int64_t against_ = 0;
  std::optional<bool> good_;
};

}  // namespace tandem::hooks
