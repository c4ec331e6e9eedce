#pragma once

// Text as Go sees it: UTF-8 whose broken bytes count as U+FFFD, one each; classes and cases of letters; quoting.
// Any thread; no state that changes.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::templates {

constexpr char32_t kBadRune = 0xFFFD;

struct Rune {
  char32_t value = kBadRune;
  std::size_t width = 1;  // bytes
};

/// The first rune. REQUIRES: `text` is not empty.
Rune first_rune(std::string_view text);
void append_rune(std::string& text, char32_t rune);
std::u32string runes_of(std::string_view text);
std::string text_of(std::u32string_view runes);
std::size_t count_runes(std::string_view text);

bool is_letter(char32_t rune);
bool is_digit(char32_t rune);   // decimal digits (Nd)
bool is_number(char32_t rune);  // all numbers (N)
bool is_space(char32_t rune);
bool is_print(char32_t rune);
bool is_upper(char32_t rune);
bool is_lower(char32_t rune);
char32_t to_upper(char32_t rune);
char32_t to_lower(char32_t rune);
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);

/// Without white space (Unicode's) at both ends.
std::string_view trim_space(std::string_view text);
/// Without the runes of `set` at both ends.
std::string trim_runes(std::string_view text, std::string_view set);

/// Go's strconv.Quote, in double quotes or, for `quote` = '\'', of a rune; `ascii` escapes everything else.
std::string quoted(std::string_view text, char quote = '"', bool ascii = false);
/// Go's %#U: "U+007D '}'".
std::string unicode_name(char32_t rune);
/// Go's strconv.Unquote of "…", `…` and '…'; nullopt when the syntax is bad.
std::optional<std::string> unquoted(std::string_view literal);

/// `text` with every `from` replaced; of an empty `from`, `to` stands before each rune and at the end.
std::string replaced(std::string_view text, std::string_view from, std::string_view to);

}  // namespace tandem::templates
