#pragma once

// The elements of Go's time layouts: "2006" is the year, "Jan" the month, and so on. Any thread; no state.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tandem::templates {

struct LayoutElement {
  enum class Kind : std::uint8_t {
    kNone,  // the end of the layout
    kLongMonth,
    kMonth,
    kNumericMonth,
    kZeroMonth,
    kLongWeekday,
    kWeekday,
    kDay,
    kUnderDay,
    kZeroDay,
    kUnderYearDay,
    kZeroYearDay,
    kHour,
    kHour12,
    kZeroHour12,
    kMinute,
    kZeroMinute,
    kSecond,
    kZeroSecond,
    kLongYear,
    kYear,
    kUpperHalf,
    kLowerHalf,
    kZoneName,
    kIsoOffset,      // Z07:00: Z for UTC
    kOffset,         // -07:00
    kFraction,       // .000
    kShortFraction,  // .999: without zeros at the end
  };

  std::string_view before;  // stands as it is
  std::string_view text;    // the element as written
  Kind kind = Kind::kNone;
};

/// The next element; takes it and what stands before it off `layout`.
LayoutElement next_element(std::string_view& layout);

}  // namespace tandem::templates
