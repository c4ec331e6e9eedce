#include "config/format/source.h"

#include <algorithm>

#include "base/text.h"

namespace tandem::format {

base::Error error_at(const Position& position, std::string_view reason) {
  std::string text = position.text();
  if (!text.empty()) text += ": ";
  return {base::ErrorKind::kInvalid, text.append(reason)};
}

Position position_of(const SourceName& source, std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = static_cast<std::uint32_t>(std::ranges::count(before, '\n') + 1);
  const auto line_start = before.rfind('\n');
  const std::size_t column = line_start == std::string_view::npos ? before.size() : before.size() - line_start - 1;
  return {source, line, static_cast<std::uint32_t>(column + 1)};
}

base::Result<std::string_view> checked_text(std::string_view text, const SourceName& source) {
  if (text.size() > kMaxText) return error_at({source}, "longer than " + std::to_string(kMaxText >> 20) + " MiB");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (const auto bad = base::find_invalid_utf8(text); bad != std::string_view::npos) {
    return error_at(position_of(source, text, bad), "invalid UTF-8");
  }
  if (const auto bad = text.find('\0'); bad != std::string_view::npos) {
    return error_at(position_of(source, text, bad), "control characters are not allowed");
  }
  return text;
}

}  // namespace tandem::format
