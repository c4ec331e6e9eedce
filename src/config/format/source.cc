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
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  };
  if (const auto bad = std::ranges::find_if(text, is_control); bad != text.end()) {
    return error_at(position_of(source, text, static_cast<std::size_t>(bad - text.begin())),
                    "control characters are not allowed");
  }
  return text;
}

}  // namespace tandem::format
