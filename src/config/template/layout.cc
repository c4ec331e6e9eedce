#include "config/template/layout.h"

#include <array>
#include <utility>

namespace tandem::templates {
namespace {

using Kind = LayoutElement::Kind;

// Longer ones first where one begins another.
constexpr std::array<std::pair<std::string_view, Kind>, 37> kElements{{
    {"January", Kind::kLongMonth},
    {"Jan", Kind::kMonth},
    {"Monday", Kind::kLongWeekday},
    {"Mon", Kind::kWeekday},
    {"MST", Kind::kZoneName},
    {"002", Kind::kZeroYearDay},
    {"01", Kind::kZeroMonth},
    {"02", Kind::kZeroDay},
    {"03", Kind::kZeroHour12},
    {"04", Kind::kZeroMinute},
    {"05", Kind::kZeroSecond},
    {"06", Kind::kYear},
    {"15", Kind::kHour},
    {"1", Kind::kNumericMonth},
    {"2006", Kind::kLongYear},
    {"2", Kind::kDay},
    {"__2", Kind::kUnderYearDay},
    {"_2", Kind::kUnderDay},
    {"3", Kind::kHour12},
    {"4", Kind::kMinute},
    {"5", Kind::kSecond},
    {"PM", Kind::kUpperHalf},
    {"pm", Kind::kLowerHalf},
    {"-070000", Kind::kOffset},
    {"-07:00:00", Kind::kOffset},
    {"-0700", Kind::kOffset},
    {"-07:00", Kind::kOffset},
    {"-07", Kind::kOffset},
    {"Z070000", Kind::kIsoOffset},
    {"Z07:00:00", Kind::kIsoOffset},
    {"Z0700", Kind::kIsoOffset},
    {"Z07:00", Kind::kIsoOffset},
    {"Z07", Kind::kIsoOffset},
    {".0", Kind::kFraction},
    {",0", Kind::kFraction},
    {".9", Kind::kShortFraction},
    {",9", Kind::kShortFraction},
}};

/// The length of the element that begins at `at`; 0 when none does.
std::size_t element_at(std::string_view layout, std::size_t at, Kind& kind) {
  const std::string_view here = layout.substr(at);
  for (const auto& [text, candidate] : kElements) {
    if (!here.starts_with(text)) continue;
    std::size_t size = text.size();
    if (candidate == Kind::kFraction || candidate == Kind::kShortFraction) {
      // All digits after the point are the same, and no other digit follows.
      while (size < here.size() && here[size] == text[1]) ++size;
      if (size < here.size() && here[size] >= '0' && here[size] <= '9') return 0;
    }
    if (candidate == Kind::kMonth && here.size() > 3 && here[3] >= 'a' && here[3] <= 'z') return 0;
    if (candidate == Kind::kWeekday && here.size() > 3 && here[3] >= 'a' && here[3] <= 'z') return 0;
    if (candidate == Kind::kUnderDay && here.starts_with("_2006")) return 0;
    kind = candidate;
    return size;
  }
  return 0;
}

}  // namespace

LayoutElement next_element(std::string_view& layout) {
  LayoutElement element;
  for (std::size_t at = 0; at < layout.size(); ++at) {
    const std::size_t size = element_at(layout, at, element.kind);
    if (size == 0) continue;
    element.before = layout.substr(0, at);
    element.text = layout.substr(at, size);
    layout.remove_prefix(at + size);
    return element;
  }
  element.before = layout;
  layout = {};
  return element;
}

}  // namespace tandem::templates
