#include "config/format/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <expected>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace tandem::format {

namespace {

using std::chrono::nanoseconds;

/// Go's %q, which for what people write is the JSON string.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out += '"';
}

base::Error refused(std::string_view function, std::string_view text, std::string_view reason) {
  return {base::ErrorKind::kInvalid, fmt::format("strconv.{}: parsing {}: {}", function, quoted(text), reason)};
}

/// Sign and digits; nullopt digits mean a syntax error, `large` that they do not fit.
struct Digits {
  bool negative = false;
  bool large = false;
  std::optional<std::uint64_t> magnitude;
};

Digits read_digits(std::string_view text, bool sign_allowed) {
  Digits out;
  if (sign_allowed && !text.empty() && (text[0] == '+' || text[0] == '-')) {
    out.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return out;
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  out.large = code == std::errc::result_out_of_range;
  out.magnitude = number;
  return out;
}

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};
constexpr std::array kUnits{
    Unit{"ns", 1},         Unit{"us", 1'000},        Unit{"\u00b5s", 1'000},    Unit{"\u03bcs", 1'000},
    Unit{"ms", 1'000'000}, Unit{"s", 1'000'000'000}, Unit{"m", 60'000'000'000}, Unit{"h", 3'600'000'000'000}};
constexpr std::uint64_t kLargest = std::uint64_t{1} << 63;

/// One "1.5h" of a duration; removes it from `rest`. The error is the reason, with what it is about.
std::expected<std::uint64_t, std::string> take_term(std::string_view& rest) {
  const auto digits = [&rest](std::string_view& out) {
    const auto end = std::min(rest.find_first_not_of("0123456789"), rest.size());
    out = rest.substr(0, end);
    rest.remove_prefix(end);
  };
  std::string_view whole, fraction;
  digits(whole);
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    digits(fraction);
  }
  if (whole.empty() && fraction.empty()) return std::unexpected("invalid");
  const auto unit_end = std::min(rest.find_first_of(".0123456789"), rest.size());
  const std::string_view unit_name = rest.substr(0, unit_end);
  rest.remove_prefix(unit_end);
  if (unit_name.empty()) return std::unexpected("missing unit");
  const Unit* unit = nullptr;
  for (const auto& each : kUnits) {
    if (each.name == unit_name) unit = &each;
  }
  if (unit == nullptr) return std::unexpected("unknown unit " + quoted(unit_name));
  std::uint64_t count = 0;
  if (!whole.empty()) {
    if (std::from_chars(whole.data(), whole.data() + whole.size(), count).ec != std::errc{}) {
      return std::unexpected("invalid");
    }
  }
  if (count > kLargest / unit->nanoseconds) return std::unexpected("invalid");
  count *= unit->nanoseconds;
  double scale = 0.1;
  double part = 0;
  for (const char c : fraction.substr(0, 18)) {
    part += (c - '0') * scale;
    scale /= 10;
  }
  // The small addition undoes the rounding of decimal fractions: "1.1s" is 1100000000 ns, not one less.
  count += static_cast<std::uint64_t>(part * static_cast<double>(unit->nanoseconds) + 1e-3);
  if (count > kLargest) return std::unexpected("invalid");
  return count;
}

base::Result<nanoseconds> parse_go_duration(std::string_view text) {
  const auto refuse = [text](const std::string& reason) -> base::Error {
    if (reason == "invalid") return {base::ErrorKind::kInvalid, "time: invalid duration " + quoted(text)};
    return {base::ErrorKind::kInvalid, "time: " + reason + " in duration " + quoted(text)};
  };
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  if (rest == "0") return nanoseconds{0};
  if (rest.empty()) return refuse("invalid");
  std::uint64_t sum = 0;
  while (!rest.empty()) {
    const auto term = take_term(rest);
    if (!term) return refuse(term.error());
    sum += *term;
    if (sum > kLargest) return refuse("invalid");
  }
  if (negative) return nanoseconds{static_cast<std::int64_t>(0 - sum)};
  if (sum > kLargest - 1) return refuse("invalid");
  return nanoseconds{static_cast<std::int64_t>(sum)};
}

/// "1.5" for 1'500'000'000 over 1'000'000'000, without zeros at the end.
std::string decimal(std::uint64_t number, std::uint64_t one) {
  std::string out = std::to_string(number / one);
  std::string fraction = std::to_string(one + number % one).substr(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  if (!fraction.empty()) out.append(".").append(fraction);
  return out;
}

}  // namespace

base::Result<bool> parse_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return refused("ParseBool", text, "invalid syntax");
}

base::Result<std::int64_t> parse_integer(std::string_view text, int bits) {
  const Digits digits = read_digits(text, true);
  if (!digits.magnitude) return refused("ParseInt", text, "invalid syntax");
  const std::uint64_t limit = (std::uint64_t{1} << (bits - 1)) - (digits.negative ? 0 : 1);
  if (digits.large || *digits.magnitude > limit) return refused("ParseInt", text, "value out of range");
  return static_cast<std::int64_t>(digits.negative ? 0 - *digits.magnitude : *digits.magnitude);
}

base::Result<std::uint64_t> parse_unsigned(std::string_view text, int bits) {
  const Digits digits = read_digits(text, false);
  if (!digits.magnitude) return refused("ParseUint", text, "invalid syntax");
  const std::uint64_t limit = bits >= 64 ? std::numeric_limits<std::uint64_t>::max() : (std::uint64_t{1} << bits) - 1;
  if (digits.large || *digits.magnitude > limit) return refused("ParseUint", text, "value out of range");
  return *digits.magnitude;
}

base::Result<double> parse_float(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with('+')) {
    rest.remove_prefix(1);
    if (rest.starts_with('-')) return refused("ParseFloat", text, "invalid syntax");
  }
  double number = 0;
  const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (code == std::errc::result_out_of_range) return refused("ParseFloat", text, "value out of range");
  if (code != std::errc{} || end != rest.data() + rest.size()) return refused("ParseFloat", text, "invalid syntax");
  return number;
}

base::Result<nanoseconds> parse_duration(std::string_view text) {
  const Digits digits = read_digits(text, true);
  if (!digits.magnitude) return parse_go_duration(text);
  if (digits.large || *digits.magnitude > kLargest / 1'000'000'000) {
    return base::Error(base::ErrorKind::kInvalid, "time: invalid duration " + quoted(text));
  }
  const auto seconds = static_cast<std::int64_t>(*digits.magnitude);
  return std::chrono::seconds{digits.negative ? -seconds : seconds};
}

std::string format_duration(nanoseconds duration) {
  const bool negative = duration.count() < 0;
  const auto count = static_cast<std::uint64_t>(duration.count());
  const std::uint64_t number = negative ? 0 - count : count;
  std::string out = negative ? "-" : "";
  if (number == 0) return "0s";
  if (number < 1'000) return out + std::to_string(number) + "ns";
  if (number < 1'000'000) return out + decimal(number, 1'000) + "\u00b5s";
  if (number < 1'000'000'000) return out + decimal(number, 1'000'000) + "ms";
  const std::uint64_t hours = number / 3'600'000'000'000;
  const std::uint64_t minutes = number / 60'000'000'000 % 60;
  if (hours > 0) out += std::to_string(hours) + "h";
  if (hours > 0 || minutes > 0) out += std::to_string(minutes) + "m";
  return out + decimal(number % 60'000'000'000, 1'000'000'000) + "s";
}

std::string format_float(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  std::array<char, 400> buffer;  // the longest: 309 digits before the point, or 0. and 324+17 after it
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed).ptr;
  return {buffer.data(), end};
}

}  // namespace tandem::format
