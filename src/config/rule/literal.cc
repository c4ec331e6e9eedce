#include "config/rule/literal.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <system_error>

#include <fmt/format.h>

#include "config/rule/characters.h"
#include "config/rule/errors.h"

namespace tandem::rule {
namespace {

// Reads `count` digits of `base` at the front of `text` and removes them.
std::int32_t take_digits(std::string_view& text, std::size_t count, std::int32_t base) {
  std::int32_t value = 0;
  for (; count > 0 && !text.empty(); --count, text.remove_prefix(1)) {
    value = value * base + static_cast<std::int32_t>(digit_value(text.front()));
  }
  return value;
}

// `text` starts behind the backslash; the escape is removed from it.
void append_escape(std::string& result, std::string_view& text) {
  const char c = text.front();
  if (c >= '0' && c <= '7') {
    result += static_cast<char>(take_digits(text, 3, 8));
    return;
  }
  text.remove_prefix(1);
  switch (c) {
    case 'a':
      result += '\a';
      return;
    case 'b':
      result += '\b';
      return;
    case 'f':
      result += '\f';
      return;
    case 'n':
      result += '\n';
      return;
    case 'r':
      result += '\r';
      return;
    case 't':
      result += '\t';
      return;
    case 'v':
      result += '\v';
      return;
    case 'x':
      result += static_cast<char>(take_digits(text, 2, 16));
      return;
    case 'u':
      append_utf8(result, take_digits(text, 4, 16));
      return;
    case 'U':
      append_utf8(result, take_digits(text, 8, 16));
      return;
    default:
      result += c;
      return;
  }
}

base::Error unreadable(std::string_view literal, std::string_view function, std::string_view why) {
  return {base::ErrorKind::kInvalid, fmt::format("failed to parse argument: {}, error: strconv.{}: parsing {}: {}",
                                                 literal, function, quoted(literal), why)};
}

Result<void> check_integer(std::string_view literal) {
  if (literal.find_first_not_of("0123456789") != std::string_view::npos)
    return unreadable(literal, "Atoi", "invalid syntax");
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(literal.data(), literal.data() + literal.size(), value);
  if (error == std::errc::result_out_of_range) return unreadable(literal, "Atoi", "value out of range");
  return {};
}

Result<void> check_float(std::string_view literal) {
  std::string digits(literal);
  std::erase(digits, '_');
  if (std::isinf(std::strtod(digits.c_str(), nullptr))) return unreadable(literal, "ParseFloat", "value out of range");
  return {};
}

}  // namespace

std::string unquoted(std::string_view literal) {
  const bool raw = literal.starts_with('`');
  std::string_view text = literal.substr(1, literal.size() - 2);
  if (raw || text.find('\\') == std::string_view::npos) return std::string(text);
  std::string result;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '\\' && !text.empty()) {
      append_escape(result, text);
    } else {
      result += c;
    }
  }
  return result;
}

Result<void> check_number(TokenKind kind, std::string_view literal) {
  if (kind == TokenKind::kInteger) return check_integer(literal);
  if (kind == TokenKind::kFloat) return check_float(literal);
  return base::Error(base::ErrorKind::kInvalid,
                     fmt::format("unsupported function argument type: '{}'", spelling(kind)));
}

}  // namespace tandem::rule
