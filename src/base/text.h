#pragma once

// Small questions about text that many folders ask: case, trimming, splitting, UTF-8, the nearest of several names.
// Any thread; no state.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::base {

/// Equality without regard to the case of ASCII letters.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);
[[nodiscard]] bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] std::string upper_case(std::string_view text);
/// Without white space (blank, tab, CR, LF, VT, FF) at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);
/// The pieces between separators; a text without separator is one piece, the empty text one empty piece.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
/// The value of a hexadecimal digit; -1 when it is none.
[[nodiscard]] constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
/// Offset of the first byte that is not part of well-formed UTF-8 (RFC 3629); npos when all is well.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text);
/// The candidate with the fewest edits from `name` (case ignored) when that is close enough to be a slip; else empty.
[[nodiscard]] std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace tandem::base
