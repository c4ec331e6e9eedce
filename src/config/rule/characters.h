#pragma once

// UTF-8 and the few Unicode classes that the rule language asks for. Pure functions: any thread.

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::rule {

inline constexpr std::int32_t kByteOrderMark = 0xFEFF;

struct Character {
  std::int32_t code = 0;
  std::uint32_t length = 1;  ///< bytes
  bool valid = true;         ///< false: one byte that is no UTF-8, `code` is U+FFFD
};

/// The first character of `text`, which must not be empty.
[[nodiscard]] Character decode(std::string_view text);

/// Appends the UTF-8 form of `code`; U+FFFD for what has none.
void append_utf8(std::string& text, std::int32_t code);

/// May be part of a name: underscores and letters of any script. Beyond Latin-1 this goes by blocks, not by single
/// characters; no matcher's name holds such letters, so this decides only how an error is worded.
[[nodiscard]] bool is_letter(std::int32_t code);

/// Has a visible form of its own (by blocks, as is_letter).
[[nodiscard]] bool is_printable(std::int32_t code);

/// `U+0040 '@'`, without the quotes' part for what is not printable.
[[nodiscard]] std::string describe(std::int32_t code);

inline bool is_decimal(std::int32_t c) { return c >= '0' && c <= '9'; }

/// Value of a hexadecimal digit, 16 for all else.
[[nodiscard]] std::uint32_t digit_value(std::int32_t c);

}  // namespace tandem::rule
