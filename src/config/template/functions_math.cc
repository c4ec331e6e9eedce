// Arithmetic: whole numbers are int64, fractions float64. Fractions are added and multiplied as decimal numbers, so
// that 0.1 and 0.2 give 0.3.

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "config/template/cast.h"
#include "config/template/functions.h"
#include "config/template/print.h"

namespace tandem::templates {
namespace {

using Whole = std::int64_t (*)(std::int64_t, std::int64_t);
using Fraction = long double (*)(long double, long double);

// Two's complement, as Go's int64.
std::int64_t sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t difference(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t product(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

Outcome folded(Call& call, std::int64_t start, std::size_t from, Whole operation) {
  for (const Value& each : call.from(from)) start = operation(start, to_integer(each));
  return Value::of(start);
}

Outcome divided(Call& call, bool remainder) {
  const std::int64_t a = to_integer(call[0]);
  const std::int64_t b = to_integer(call[1]);
  if (b == 0) return failure("runtime error: integer divide by zero");
  if (b == -1) return Value::of(remainder ? std::int64_t{0} : difference(0, a));
  return Value::of(remainder ? a % b : a / b);
}

/// The number that the shortest text of a double means, more precisely than a double can.
long double decimal(double value) {
  return std::isfinite(value) ? std::strtold(format_real(value, 'e', -1).c_str(), nullptr)
                              : static_cast<long double>(value);
}

/// Sixteen digits after the point, as the library decimal divides.
long double quotient(long double a, long double b) {
  const long double exact = a / b;
  return std::abs(exact) < 1e3L ? std::round(exact * 1e16L) / 1e16L : exact;
}

Outcome folded(Call& call, double start, std::size_t from, Fraction operation) {
  long double value = decimal(start);
  for (const Value& each : call.from(from)) {
    const double operand = to_real(each);
    if (!std::isfinite(operand)) return failure("Cannot create a Decimal from " + format_real(operand, 'g', -1));
    if (operation == quotient && operand == 0) return failure("decimal division by 0");
    value = operation(value, decimal(operand));
  }
  return Value::of(static_cast<double>(value));
}

Outcome rounded(Call& call) {
  const double bound = call.size() > 2 ? call[2].real() : 0.5;
  const double power = std::pow(10.0, static_cast<double>(call.integer(1)));
  const double digit = power * to_real(call[0]);
  double whole = 0;
  const double fraction = std::modf(digit, &whole);
  return Value::of((fraction >= bound ? std::ceil(digit) : std::floor(digit)) / power);
}

/// strconv.Atoi, whose error is ignored: what is too large is the largest.
Outcome ascii_to_int(Call& call) {
  const std::string& text = call.text(0);
  if (const auto value = parse_go_integer(text, 10)) return Value::of_int(*value);
  const bool sign = text.starts_with('-') || text.starts_with('+');
  const std::string_view digits = std::string_view(text).substr(sign ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) return Value::of_int(0);
  using Limits = std::numeric_limits<std::int64_t>;
  return Value::of_int(text.starts_with('-') ? Limits::min() : Limits::max());
}

/// Octal, whatever the name says.
Outcome to_decimal(Call& call) {
  const auto text = shown(call[0]);
  if (!text) return text.error();
  return Value::of(parse_go_integer(*text, 8).value_or(0));
}

Outcome random_between(Call& call) {
  const std::int64_t least = call.integer(0);
  const std::int64_t width = difference(call.integer(1), least);
  if (width <= 0) return failure("invalid argument to Intn");
  return Value::of_int(sum(least, static_cast<std::int64_t>(random_below(static_cast<std::uint64_t>(width)))));
}

long double plus(long double a, long double b) { return a + b; }
long double minus(long double a, long double b) { return a - b; }
long double times(long double a, long double b) { return a * b; }

constexpr Whole kLarger = [](std::int64_t a, std::int64_t b) { return std::max(a, b); };
constexpr Whole kSmaller = [](std::int64_t a, std::int64_t b) { return std::min(a, b); };

/// Go's math.Max and math.Min: NaN stays.
Outcome extreme(Call& call, bool largest) {
  double value = to_real(call[0]);
  for (const Value& each : call.from(1)) {
    const double other = to_real(each);
    if (std::isnan(value) || std::isnan(other)) {
      value = std::numeric_limits<double>::quiet_NaN();
    } else {
      value = largest ? std::max(value, other) : std::min(value, other);
    }
  }
  return Value::of(value);
}

constexpr BuiltIn kFunctions[] = {
    {"add", "a*", [](Call& call) { return folded(call, std::int64_t{0}, 0, sum); }},
    {"add1", "a", [](Call& call) -> Outcome { return Value::of(sum(to_integer(call[0]), 1)); }},
    {"add1f", "a", [](Call& call) { return folded(call, 1.0, 0, plus); }},
    {"addf", "a*", [](Call& call) { return folded(call, 0.0, 0, plus); }},
    {"atoi", "s", ascii_to_int},
    {"biggest", "aa*", [](Call& call) { return folded(call, to_integer(call[0]), 1, kLarger); }},
    {"ceil", "a", [](Call& call) -> Outcome { return Value::of(std::ceil(to_real(call[0]))); }},
    {"div", "aa", [](Call& call) { return divided(call, false); }},
    {"divf", "aa*", [](Call& call) { return folded(call, to_real(call[0]), 1, quotient); }},
    {"float64", "a", [](Call& call) -> Outcome { return Value::of(to_real(call[0])); }},
    {"floor", "a", [](Call& call) -> Outcome { return Value::of(std::floor(to_real(call[0]))); }},
    {"int", "a", [](Call& call) -> Outcome { return Value::of_int(to_integer(call[0])); }},
    {"int64", "a", [](Call& call) -> Outcome { return Value::of(to_integer(call[0])); }},
    {"max", "aa*", [](Call& call) { return folded(call, to_integer(call[0]), 1, kLarger); }},
    {"maxf", "aa*", [](Call& call) { return extreme(call, true); }},
    {"min", "aa*", [](Call& call) { return folded(call, to_integer(call[0]), 1, kSmaller); }},
    {"minf", "aa*", [](Call& call) { return extreme(call, false); }},
    {"mod", "aa", [](Call& call) { return divided(call, true); }},
    {"mul", "aa*", [](Call& call) { return folded(call, to_integer(call[0]), 1, product); }},
    {"mulf", "aa*", [](Call& call) { return folded(call, to_real(call[0]), 1, times); }},
    {"randInt", "ii", random_between},
    {"round", "aif*", rounded},
    {"sub", "aa", [](Call& call) { return folded(call, to_integer(call[0]), 1, difference); }},
    {"subf", "aa*", [](Call& call) { return folded(call, to_real(call[0]), 1, minus); }},
    {"toDecimal", "a", to_decimal},
};

}  // namespace

std::span<const BuiltIn> math_functions() { return kFunctions; }

}  // namespace tandem::templates
