// Number literals: no matcher takes a number, but what is wrong with one is told as precisely as all else.

#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "config/rule/characters.h"
#include "config/rule/scanner.h"

namespace tandem::rule {
namespace {

std::int32_t lower(std::int32_t c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; }

std::string_view name_of_base(char prefix) {
  switch (prefix) {
    case 'x':
      return "hexadecimal literal";
    case 'o':
    case '0':
      return "octal literal";
    case 'b':
      return "binary literal";
    default:
      return "decimal literal";
  }
}

// Where an underscore stands that has no digit (or base prefix) on each side; npos when all are in order.
std::size_t misplaced_separator(std::string_view literal) {
  char prefix = ' ';
  bool after_digit = false;
  std::size_t at = 0;
  if (literal.size() >= 2 && literal[0] == '0') {
    prefix = static_cast<char>(lower(literal[1]));
    if (prefix == 'x' || prefix == 'o' || prefix == 'b') {
      after_digit = true;
      at = 2;
    }
  }
  bool after_separator = false;
  for (; at < literal.size(); ++at) {
    const char c = literal[at];
    if (c == '_') {
      if (!after_digit) return at;
      after_digit = false;
      after_separator = true;
      continue;
    }
    after_digit = is_decimal(c) || (prefix == 'x' && digit_value(c) < 16);
    if (!after_digit && after_separator) return at - 1;
    after_separator = false;
  }
  return after_separator ? literal.size() - 1 : std::string_view::npos;
}

}  // namespace

void Scanner::number_digits(Number& number) {
  for (;; advance()) {
    if (current_ == '_') {
      number.separators = true;
      continue;
    }
    const bool digit = number.base == 16 ? digit_value(current_) < 16 : is_decimal(current_);
    if (!digit) return;
    number.digits = true;
    if (number.base < 10 && current_ >= '0' + number.base && number.invalid < 0) number.invalid = offset_;
  }
}

void Scanner::number_fraction(Number& number, TokenKind& kind) {
  if (current_ != '.') return;
  kind = TokenKind::kFloat;
  if (number.prefix == 'o' || number.prefix == 'b') {
    fail(offset_, fmt::format("invalid radix point in {}", name_of_base(number.prefix)));
  }
  advance();
  number_digits(number);
}

void Scanner::number_exponent(Number& number, TokenKind& kind) {
  const std::int32_t sign = lower(current_);
  if (sign != 'e' && sign != 'p') {
    if (number.prefix == 'x' && kind == TokenKind::kFloat)
      fail(offset_, "hexadecimal mantissa requires a 'p' exponent");
    return;
  }
  if (sign == 'e' && number.prefix != 0 && number.prefix != '0') {
    fail(offset_, fmt::format("'{}' exponent requires decimal mantissa", static_cast<char>(current_)));
  } else if (sign == 'p' && number.prefix != 'x') {
    fail(offset_, fmt::format("'{}' exponent requires hexadecimal mantissa", static_cast<char>(current_)));
  }
  advance();
  kind = TokenKind::kFloat;
  if (current_ == '+' || current_ == '-') advance();
  Number exponent;
  number_digits(exponent);
  number.separators = number.separators || exponent.separators;
  if (!exponent.digits) fail(offset_, "exponent has no digits");
}

Token Scanner::number() {
  const std::uint32_t start = offset_;
  TokenKind kind = TokenKind::kInteger;
  Number number;
  if (current_ != '.') {
    if (accept('0')) {
      const std::int32_t prefix = lower(current_);
      if (prefix == 'x' || prefix == 'o' || prefix == 'b') {
        advance();
        number = {.base = prefix == 'x' ? 16 : prefix == 'o' ? 8 : 2, .prefix = static_cast<char>(prefix)};
      } else {
        number = {.base = 8, .prefix = '0', .digits = true};
      }
    }
    number_digits(number);
  }
  number_fraction(number, kind);
  if (!number.digits) fail(offset_, fmt::format("{} has no digits", name_of_base(number.prefix)));
  number_exponent(number, kind);
  if (accept('i')) kind = TokenKind::kImaginary;

  std::string literal(text_.substr(start, offset_ - start));
  if (kind == TokenKind::kInteger && number.invalid >= 0) {
    const auto at = static_cast<std::uint32_t>(number.invalid);
    fail(at, fmt::format("invalid digit '{}' in {}", text_[at], name_of_base(number.prefix)));
  }
  if (number.separators) {
    if (const std::size_t at = misplaced_separator(literal); at != std::string_view::npos) {
      fail(start + static_cast<std::uint32_t>(at), "'_' must separate successive digits");
    }
  }
  line_may_end_ = true;
  return {kind, start, std::move(literal)};
}

}  // namespace tandem::rule
