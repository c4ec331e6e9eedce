#include "config/template/runes.h"

#include <fmt/format.h>
#include <locale.h>
#include <re2/re2.h>
#include <wctype.h>

namespace tandem::templates {
namespace {

/// Membership in a class of Unicode, by the tables of RE2.
bool in_class(const RE2& one, char32_t rune) {
  std::string text;
  append_rune(text, rune);
  return RE2::FullMatch(text, one);
}

locale_t utf8_locale() {
  static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

bool is_continuation(unsigned char byte) { return (byte & 0xC0U) == 0x80; }

/// The code of a \x, \u, \U or octal escape whose digits stand at `text`; takes them off.
std::optional<char32_t> take_code(std::string_view& text, std::size_t digits, unsigned base) {
  if (text.size() < digits) return std::nullopt;
  char32_t code = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = text[i];
    unsigned digit = base;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') digit = static_cast<unsigned>(c - 'A') + 10;
    if (digit >= base) return std::nullopt;
    code = code * base + digit;
  }
  text.remove_prefix(digits);
  return code;
}

bool append_code(std::string& to, std::optional<char32_t> code) {
  if (!code || *code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000)) return false;
  append_rune(to, *code);
  return true;
}

/// Takes an escape, whose backslash is gone, off `text` and appends what it means.
bool take_escape(std::string_view& text, char quote, std::string& to) {
  if (text.empty()) return false;
  const char kind = text.front();
  if (kind >= '0' && kind <= '7') {
    const auto code = take_code(text, 3, 8);
    if (!code || *code > 255) return false;
    to += static_cast<char>(*code);
    return true;
  }
  text.remove_prefix(1);
  constexpr std::string_view kNames = "abfnrtv\\";
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v\\";
  if (const std::size_t at = kNames.find(kind); at != std::string_view::npos) {
    to += kMeanings[at];
    return true;
  }
  if (kind == 'x') {
    const auto code = take_code(text, 2, 16);
    if (code) to += static_cast<char>(*code);
    return code.has_value();
  }
  if (kind == 'u') return append_code(to, take_code(text, 4, 16));
  if (kind == 'U') return append_code(to, take_code(text, 8, 16));
  if (kind != quote) return false;
  to += kind;
  return true;
}

void append_quoted(std::string& to, std::string_view text, Rune rune, char quote, bool ascii) {
  if (rune.value == kBadRune && rune.width == 1) {
    to += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    return;
  }
  const char32_t c = rune.value;
  if (c == static_cast<unsigned char>(quote) || c == '\\') {
    to += '\\';
    to += static_cast<char>(c);
    return;
  }
  if ((!ascii || c < 0x80) && is_print(c)) {
    append_rune(to, c);
    return;
  }
  constexpr std::string_view kMeanings = "\a\b\f\n\r\t\v";
  if (const std::size_t at = c < 0x80 ? kMeanings.find(static_cast<char>(c)) : std::string_view::npos;
      at != std::string_view::npos) {
    to += '\\';
    to += "abfnrtv"[at];
  } else if (c < ' ' || c == 0x7F) {
    to += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
  } else {
    to += fmt::format(fmt::runtime(c < 0x10000 ? "\\u{:04x}" : "\\U{:08x}"), static_cast<unsigned>(c));
  }
}

}  // namespace

Rune first_rune(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t width = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < width) return {};
  char32_t rune = first & (0xFFU >> (width + 1));
  for (std::size_t i = 1; i < width; ++i) {
    if (!is_continuation(byte(i))) return {};
    rune = rune << 6U | (byte(i) & 0x3FU);
  }
  const bool too_long = (width == 3 && rune < 0x800) || (width == 4 && rune < 0x10000);
  if (too_long || rune > 0x10FFFF || (rune >= 0xD800 && rune < 0xE000)) return {};
  return {rune, width};
}

void append_rune(std::string& text, char32_t rune) {
  if (rune > 0x10FFFF || (rune >= 0xD800 && rune < 0xE000)) rune = kBadRune;
  const auto add = [&text](char32_t byte) { text += static_cast<char>(byte); };
  if (rune < 0x80) {
    add(rune);
  } else if (rune < 0x800) {
    add(0xC0 | rune >> 6);
    add(0x80 | (rune & 0x3F));
  } else if (rune < 0x10000) {
    add(0xE0 | rune >> 12);
    add(0x80 | (rune >> 6 & 0x3F));
    add(0x80 | (rune & 0x3F));
  } else {
    add(0xF0 | rune >> 18);
    add(0x80 | (rune >> 12 & 0x3F));
    add(0x80 | (rune >> 6 & 0x3F));
    add(0x80 | (rune & 0x3F));
  }
}

std::u32string runes_of(std::string_view text) {
  std::u32string runes;
  while (!text.empty()) {
    const Rune rune = first_rune(text);
    runes += rune.value;
    text.remove_prefix(rune.width);
  }
  return runes;
}

std::string text_of(std::u32string_view runes) {
  std::string text;
  for (const char32_t rune : runes) append_rune(text, rune);
  return text;
}

std::size_t count_runes(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(first_rune(text).width);
  return count;
}

bool is_letter(char32_t rune) {
  if (rune < 0x80) return (rune | 0x20) >= 'a' && (rune | 0x20) <= 'z';
  static const RE2 letters("\\p{L}");
  return in_class(letters, rune);
}

bool is_digit(char32_t rune) {
  if (rune < 0x80) return rune >= '0' && rune <= '9';
  static const RE2 digits("\\p{Nd}");
  return in_class(digits, rune);
}

bool is_number(char32_t rune) {
  if (rune < 0x80) return rune >= '0' && rune <= '9';
  static const RE2 numbers("\\p{N}");
  return in_class(numbers, rune);
}

bool is_space(char32_t rune) {
  return (rune >= '\t' && rune <= '\r') || rune == ' ' || rune == 0x85 || rune == 0xA0 || rune == 0x1680 ||
         (rune >= 0x2000 && rune <= 0x200A) || rune == 0x2028 || rune == 0x2029 || rune == 0x202F || rune == 0x205F ||
         rune == 0x3000;
}

bool is_print(char32_t rune) {
  if (rune < 0x80) return rune >= ' ' && rune < 0x7F;
  static const RE2 printed("[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}]");
  return in_class(printed, rune);
}

bool is_upper(char32_t rune) {
  if (rune < 0x80) return rune >= 'A' && rune <= 'Z';
  static const RE2 upper("\\p{Lu}");
  return in_class(upper, rune);
}

bool is_lower(char32_t rune) {
  if (rune < 0x80) return rune >= 'a' && rune <= 'z';
  static const RE2 lower("\\p{Ll}");
  return in_class(lower, rune);
}

char32_t to_upper(char32_t rune) {
  if (rune < 0x80) return rune >= 'a' && rune <= 'z' ? rune - 0x20 : rune;
  return static_cast<char32_t>(::towupper_l(static_cast<wint_t>(rune), utf8_locale()));
}

char32_t to_lower(char32_t rune) {
  if (rune < 0x80) return rune >= 'A' && rune <= 'Z' ? rune + 0x20 : rune;
  return static_cast<char32_t>(::towlower_l(static_cast<wint_t>(rune), utf8_locale()));
}

std::string to_upper(std::string_view text) {
  std::u32string runes = runes_of(text);
  for (char32_t& rune : runes) rune = to_upper(rune);
  return text_of(runes);
}

std::string to_lower(std::string_view text) {
  std::u32string runes = runes_of(text);
  for (char32_t& rune : runes) rune = to_lower(rune);
  return text_of(runes);
}

std::string_view trim_space(std::string_view text) {
  while (!text.empty()) {
    const Rune rune = first_rune(text);
    if (!is_space(rune.value)) break;
    text.remove_prefix(rune.width);
  }
  while (!text.empty()) {
    std::size_t at = text.size() - 1;
    while (at > 0 && text.size() - at < 4 && is_continuation(static_cast<unsigned char>(text[at]))) --at;
    if (!is_space(first_rune(text.substr(at)).value)) break;
    text.remove_suffix(text.size() - at);
  }
  return text;
}

std::string trim_runes(std::string_view text, std::string_view set) {
  const std::u32string cut = runes_of(set);
  const auto is_cut = [&cut](char32_t rune) { return cut.find(rune) != std::u32string::npos; };
  while (!text.empty()) {
    const Rune rune = first_rune(text);
    if (!is_cut(rune.value)) break;
    text.remove_prefix(rune.width);
  }
  while (!text.empty()) {
    std::size_t at = text.size() - 1;
    while (at > 0 && text.size() - at < 4 && is_continuation(static_cast<unsigned char>(text[at]))) --at;
    if (!is_cut(first_rune(text.substr(at)).value)) break;
    text.remove_suffix(text.size() - at);
  }
  return std::string(text);
}

std::string quoted(std::string_view text, char quote, bool ascii) {
  std::string result(1, quote);
  while (!text.empty()) {
    const Rune rune = first_rune(text);
    append_quoted(result, text, rune, quote, ascii);
    text.remove_prefix(rune.width);
  }
  return result += quote;
}

std::string unicode_name(char32_t rune) {
  std::string name = fmt::format("U+{:04X}", static_cast<unsigned>(rune));
  if (!is_print(rune)) return name;
  name += " '";
  append_rune(name, rune);
  return name += '\'';
}

std::optional<std::string> unquoted(std::string_view literal) {
  if (literal.size() < 2 || literal.front() != literal.back()) return std::nullopt;
  const char quote = literal.front();
  literal = literal.substr(1, literal.size() - 2);
  std::string result;
  if (quote == '`') {
    if (literal.contains('`')) return std::nullopt;
    for (const char c : literal) {
      if (c != '\r') result += c;
    }
    return result;
  }
  while (!literal.empty()) {
    const char c = literal.front();
    if (c == quote || c == '\n') return std::nullopt;
    if (c == '\\') {
      literal.remove_prefix(1);
      if (!take_escape(literal, quote, result)) return std::nullopt;
    } else {
      const std::size_t width = first_rune(literal).width;
      result += literal.substr(0, width);
      literal.remove_prefix(width);
    }
  }
  return result;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  if (from.empty()) {
    while (!text.empty()) {
      const std::size_t width = first_rune(text).width;
      result.append(to).append(text.substr(0, width));
      text.remove_prefix(width);
    }
    return result.append(to);
  }
  for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
    result.append(text.substr(0, at)).append(to);
    text.remove_prefix(at + from.size());
  }
  return result.append(text);
}

}  // namespace tandem::templates
