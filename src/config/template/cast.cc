#include "config/template/cast.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace tandem::templates {
namespace {

/// Underscores may stand between digits and after a prefix, as in Go's literals; they are taken out.
std::optional<std::string> without_underscores(std::string_view digits, bool after_prefix) {
  std::string plain;
  bool digit_before = after_prefix;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const bool alphanumeric = digits[i] != '_' && digits[i] != '.';
    if (digits[i] == '_') {
      const char next = i + 1 < digits.size() ? digits[i + 1] : '_';
      if (!digit_before || next == '_' || next == '.') return std::nullopt;
    } else {
      plain += digits[i];
    }
    digit_before = alphanumeric;
  }
  return plain;
}

/// Takes a prefix off and says the base.
int take_base(std::string_view& text) {
  if (text.size() >= 3 && text[0] == '0') {
    const char kind = static_cast<char>(text[1] | 0x20);
    const int base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 0;
    if (base != 0) {
      text.remove_prefix(2);
      return base;
    }
  }
  return text.size() > 1 && text[0] == '0' ? 8 : 10;
}

std::string trim_zero_decimal(std::string_view text) {
  const std::size_t last = text.find_last_not_of('0');
  const bool zeros = last != std::string_view::npos && text[last] == '.' && last + 1 < text.size();
  return std::string(zeros ? text.substr(0, last) : text);
}

std::string_view exponent_digits(int exponent, std::string& buffer) {
  buffer = fmt::format("{}{:02}", exponent < 0 ? '-' : '+', std::abs(exponent));
  return buffer;
}

/// %g of the digits that are needed and no more.
std::string format_general(double value, char format, int precision) {
  std::array<char, 64> buffer;
  const auto written =
      precision < 0 ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific)
                    : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific,
                                    std::min(std::max(precision, 1), 40) - 1);
  std::string_view text(buffer.data(), written.ptr);
  const std::size_t e = text.find('e');
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), text.data() + text.size(), exponent);
  std::string digits;
  for (const char c : text.substr(0, e)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  const int count = static_cast<int>(digits.size());
  int threshold = precision < 0 ? 6 : std::max(precision, 1);
  if (precision >= 0 && threshold > count && count >= exponent + 1) threshold = count;
  std::string result = std::signbit(value) ? "-" : "";
  if (exponent < -4 || exponent >= threshold) {
    std::string exponent_text;
    result += digits.substr(0, 1);
    if (count > 1) result.append(".").append(digits.substr(1));
    return result.append(1, format == 'G' ? 'E' : 'e').append(exponent_digits(exponent, exponent_text));
  }
  if (exponent < 0) return result.append("0.").append(static_cast<std::size_t>(-exponent) - 1, '0').append(digits);
  if (exponent + 1 >= count)
    return result.append(digits).append(static_cast<std::size_t>(exponent) + 1 - static_cast<std::size_t>(count), '0');
  const auto point = static_cast<std::size_t>(exponent) + 1;
  return result.append(digits.substr(0, point)).append(".").append(digits.substr(point));
}

}  // namespace

std::optional<std::uint64_t> parse_go_unsigned(std::string_view text, int base) {
  if (base == 0) {
    std::string_view digits = text;
    const int found = take_base(digits);
    const bool prefix = digits.size() != text.size() || found == 8;
    const auto plain = without_underscores(digits, prefix);
    return plain && !plain->empty() ? parse_go_unsigned(*plain, found) : std::nullopt;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_go_integer(std::string_view text, int base) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto value = parse_go_unsigned(text, base);
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (!value || *value > kMost + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - *value : *value);
}

std::optional<double> parse_go_float(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.front() == '-' || text.front() == '+') return std::nullopt;
  double value = 0;
  const std::string lower = base::lower_case(text);
  if (lower == "inf" || lower == "infinity") {
    value = std::numeric_limits<double>::infinity();
  } else if (lower == "nan") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else {
    const bool hexadecimal = lower.starts_with("0x");
    // Underscores count only where a prefix is.
    const auto plain = without_underscores(std::string_view(lower).substr(hexadecimal ? 2 : 0), hexadecimal);
    if (!plain || plain->empty() || !std::string_view("0123456789.abcdef").contains(plain->front()))
      return std::nullopt;
    if (hexadecimal && !plain->contains('p')) return std::nullopt;
    const auto [end, error] = std::from_chars(plain->data(), plain->data() + plain->size(), value,
                                              hexadecimal ? std::chars_format::hex : std::chars_format::general);
    if (error != std::errc{} || end != plain->data() + plain->size()) return std::nullopt;
  }
  return negative ? -value : value;
}

std::int64_t truncated(double value) {
  return value >= -0x1p63 && value < 0x1p63 ? static_cast<std::int64_t>(value)
                                            : std::numeric_limits<std::int64_t>::min();
}

std::int64_t to_integer(const Value& value) {
  switch (value.type()) {
    case Type::kInt:
    case Type::kInt64:
    case Type::kMonth:
    case Type::kWeekday:
      return value.integer();
    case Type::kByte:
    case Type::kUint:
    case Type::kUint64:
      return static_cast<std::int64_t>(value.natural());
    case Type::kFloat:
      return truncated(value.real());
    case Type::kBool:
      return value.boolean() ? 1 : 0;
    case Type::kString:
      return parse_go_integer(trim_zero_decimal(value.text())).value_or(0);
    default:
      return 0;
  }
}

double to_real(const Value& value) {
  switch (value.type()) {
    case Type::kFloat:
      return value.real();
    case Type::kString:
      return parse_go_float(value.text()).value_or(0);
    case Type::kByte:
    case Type::kUint:
    case Type::kUint64:
      return static_cast<double>(value.natural());
    default:
      return static_cast<double>(to_integer(value));
  }
}

std::string format_real(double value, char format, int precision) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "+Inf";
  if (format == 'g' || format == 'G') return format_general(value, format, precision);
  std::array<char, 1400> buffer;
  const auto chars = format == 'f' ? std::chars_format::fixed : std::chars_format::scientific;
  const auto written = precision < 0 ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, chars)
                                     : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, chars,
                                                     std::min(precision, 1000));
  std::string text(buffer.data(), written.ptr);
  return format == 'E' ? base::upper_case(text) : text;
}

}  // namespace tandem::templates
