// Reading times by a layout, as Go's time.Parse.

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/text.h"
#include "config/template/layout.h"
#include "config/template/moment.h"
#include "config/template/runes.h"

namespace tandem::templates {
namespace {

using Kind = LayoutElement::Kind;

class Reading {
 public:
  Reading(std::string_view layout, std::string_view text, std::shared_ptr<const Zone> zone)
      : layout_(layout), whole_(text), rest_(text), zone_(std::move(zone)) {}

  base::Result<Time> run() {
    std::string_view layout = layout_;
    for (;;) {
      const LayoutElement element = next_element(layout);
      if (!skip(element.before)) return failed(element.before);
      if (element.kind == Kind::kNone) break;
      const std::string_view before = rest_;
      if (!read(element)) {
        rest_ = before;
        return failed(element.text);
      }
      if (out_of_range_ != nullptr) return error(fmt::format(": {} out of range", out_of_range_));
      // Fractions of seconds may follow though the layout has none.
      if ((element.kind == Kind::kSecond || element.kind == Kind::kZeroSecond) && !next_is_fraction(layout)) {
        if (rest_.size() >= 2 && (rest_[0] == '.' || rest_[0] == ',') && digit(rest_[1]))
          fraction(std::string_view::npos);
      }
    }
    if (!rest_.empty()) return error(": extra text: " + quoted(rest_));
    return finish();
  }

 private:
  static bool digit(char c) { return c >= '0' && c <= '9'; }

  base::Error error(std::string_view reason) const {
    return {base::ErrorKind::kInvalid, fmt::format("parsing time {}{}", quoted(whole_), reason)};
  }

  base::Error failed(std::string_view element) const {
    return error(fmt::format(" as {}: cannot parse {} as {}", quoted(layout_), quoted(rest_), quoted(element)));
  }

  /// Blanks of the layout match any number of blanks.
  bool skip(std::string_view before) {
    while (!before.empty()) {
      if (before.front() == ' ') {
        if (!rest_.empty() && rest_.front() != ' ') return false;
        while (before.starts_with(' ')) before.remove_prefix(1);
        while (rest_.starts_with(' ')) rest_.remove_prefix(1);
        continue;
      }
      if (rest_.empty() || rest_.front() != before.front()) return false;
      rest_.remove_prefix(1);
      before.remove_prefix(1);
    }
    return true;
  }

  static bool next_is_fraction(std::string_view layout) {
    const LayoutElement next = next_element(layout);
    return next.before.empty() && (next.kind == Kind::kFraction || next.kind == Kind::kShortFraction);
  }

  bool number(int& value, std::size_t least, std::size_t most) {
    std::size_t size = 0;
    while (size < most && size < rest_.size() && digit(rest_[size])) ++size;
    if (size < least) return false;
    const std::string_view digits = rest_.substr(0, size);
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    rest_.remove_prefix(size);
    return true;
  }

  bool checked(int& value, std::size_t least, int lowest, int highest, const char* name) {
    if (!number(value, least, 2)) return false;
    if (value < lowest || value > highest) out_of_range_ = name;
    return true;
  }

  bool fraction(std::size_t most) {
    std::size_t size = 1;
    while (size < rest_.size() && size <= most && digit(rest_[size])) ++size;
    std::string digits(rest_.substr(1, std::min<std::size_t>(size - 1, 9)));
    digits.resize(9, '0');
    std::from_chars(digits.data(), digits.data() + 9, nanoseconds_);
    rest_.remove_prefix(size);
    return true;
  }

  template <class Name>
  bool name(int& value, int first, int count, Name name_of, std::size_t length) {
    for (int i = 0; i < count; ++i) {
      const std::string_view candidate = name_of(first + i).substr(0, length);
      if (!base::starts_with_ignoring_case(rest_, candidate)) continue;
      value = first + i;
      rest_.remove_prefix(candidate.size());
      return true;
    }
    return false;
  }

  bool half_day(std::string_view am, std::string_view pm) {
    if (rest_.starts_with(pm)) {
      pm_ = true;
    } else if (rest_.starts_with(am)) {
      am_ = true;
    } else {
      return false;
    }
    rest_.remove_prefix(2);
    return true;
  }

  bool offset(const LayoutElement& element) {
    if (element.kind == Kind::kIsoOffset && rest_.starts_with('Z')) {
      rest_.remove_prefix(1);
      offset_ = 0;
      return true;
    }
    if (rest_.empty() || (rest_.front() != '+' && rest_.front() != '-')) return false;
    const bool negative = rest_.front() == '-';
    rest_.remove_prefix(1);
    const bool colons = element.text.contains(':');
    int seconds = 0;
    int unit = 3600;
    // The digits of the element, two by two.
    for (std::size_t i = 1; i < element.text.size(); i += colons && i > 0 ? 3 : 2) {
      if (colons && i > 1) {
        if (!rest_.starts_with(':')) return false;
        rest_.remove_prefix(1);
      }
      int part = 0;
      if (!number(part, 2, 2)) return false;
      seconds += part * unit;
      unit /= 60;
    }
    offset_ = negative ? -seconds : seconds;
    return true;
  }

  bool zone_name() {
    if (rest_.starts_with("UTC")) {
      rest_.remove_prefix(3);
      offset_ = 0;
      return true;
    }
    std::size_t size = 0;
    while (size < rest_.size() && size < 5 && rest_[size] >= 'A' && rest_[size] <= 'Z') ++size;
    if (size < 3) return false;
    name_ = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  bool read(const LayoutElement& element) {
    int two = 0;
    switch (element.kind) {
      case Kind::kLongMonth:
        return name(at_.month, 1, 12, month_name, 20);
      case Kind::kMonth:
        return name(at_.month, 1, 12, month_name, 3);
      case Kind::kNumericMonth:
        return checked(at_.month, 1, 1, 12, "month");
      case Kind::kZeroMonth:
        return checked(at_.month, 2, 1, 12, "month");
      case Kind::kLongWeekday:
        return name(two, 0, 7, weekday_name, 20);
      case Kind::kWeekday:
        return name(two, 0, 7, weekday_name, 3);
      case Kind::kUnderDay:
        if (rest_.starts_with(' ')) rest_.remove_prefix(1);
        return number(at_.day, 1, 2);
      case Kind::kDay:
        return number(at_.day, 1, 2);
      case Kind::kZeroDay:
        return number(at_.day, 2, 2);
      case Kind::kUnderYearDay:
        while (rest_.starts_with(' ')) rest_.remove_prefix(1);
        return number(year_day_, 1, 3);
      case Kind::kZeroYearDay:
        return number(year_day_, 3, 3);
      case Kind::kHour:
        return checked(at_.hour, 1, 0, 23, "hour");
      case Kind::kHour12:
        return checked(at_.hour, 1, 0, 12, "hour");
      case Kind::kZeroHour12:
        return checked(at_.hour, 2, 0, 12, "hour");
      case Kind::kMinute:
        return checked(at_.minute, 1, 0, 59, "minute");
      case Kind::kZeroMinute:
        return checked(at_.minute, 2, 0, 59, "minute");
      case Kind::kSecond:
        return checked(at_.second, 1, 0, 59, "second");
      case Kind::kZeroSecond:
        return checked(at_.second, 2, 0, 59, "second");
      case Kind::kLongYear:
        if (!number(two, 4, 4)) return false;
        at_.year = two;
        return true;
      case Kind::kYear:
        if (!number(two, 2, 2)) return false;
        at_.year = two >= 69 ? 1900 + two : 2000 + two;
        return true;
      case Kind::kUpperHalf:
        return half_day("AM", "PM");
      case Kind::kLowerHalf:
        return half_day("am", "pm");
      case Kind::kZoneName:
        return zone_name();
      case Kind::kIsoOffset:
      case Kind::kOffset:
        return offset(element);
      case Kind::kFraction: {
        if (rest_.size() < element.text.size() || (rest_[0] != '.' && rest_[0] != ',')) return false;
        for (std::size_t i = 1; i < element.text.size(); ++i) {
          if (!digit(rest_[i])) return false;
        }
        return fraction(element.text.size() - 1);
      }
      case Kind::kShortFraction:
        if (rest_.size() < 2 || (rest_[0] != '.' && rest_[0] != ',') || !digit(rest_[1])) return true;
        return fraction(std::string_view::npos);
      case Kind::kNone:
        break;
    }
    return false;
  }

  base::Result<Time> finish() {
    if (pm_ && at_.hour < 12) at_.hour += 12;
    if (am_ && at_.hour == 12) at_.hour = 0;
    if (year_day_ > 0) {
      at_.month = 1;
      at_.day = year_day_;
    } else {
      Calendar next = at_;
      next.day = 1;
      const std::int64_t first = seconds_of(next);
      ++next.month;
      if (at_.day < 1 || at_.day > (seconds_of(next) - first) / 86400) return error(": day out of range");
    }
    const std::int64_t local = seconds_of(at_);
    Time time{local, nanoseconds_, zone_};
    if (offset_) {
      time.seconds -= *offset_;
      if (*offset_ == 0) {
        time.zone = Zone::utc();
      } else if (zone_->at(time.seconds).seconds != *offset_) {
        time.zone = Zone::fixed(*offset_, name_);
      }
      return time;
    }
    if (!name_.empty() && zone_->at(local).name != name_) {
      time.zone = Zone::fixed(0, name_);
      return time;
    }
    // The offset at the moment that the first guess leads to.
    time.seconds = local - zone_->at(local).seconds;
    time.seconds = local - zone_->at(time.seconds).seconds;
    return time;
  }

  std::string_view layout_;
  std::string_view whole_;
  std::string_view rest_;
  std::shared_ptr<const Zone> zone_;
  Calendar at_{.year = 0};
  int year_day_ = 0;
  std::int32_t nanoseconds_ = 0;
  std::optional<int> offset_;
  std::string name_;
  const char* out_of_range_ = nullptr;
  bool am_ = false;
  bool pm_ = false;
};

}  // namespace

base::Result<Time> parse_time(std::string_view layout, std::string_view text, std::shared_ptr<const Zone> zone) {
  return Reading(layout, text, std::move(zone)).run();
}

}  // namespace tandem::templates
