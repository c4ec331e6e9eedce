#pragma once

// Conversions of numbers and texts as Go's strconv and the cast library behind sprig make them. Any thread; no state.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/template/value.h"

namespace tandem::templates {

/// strconv.ParseInt; base 0 takes the prefixes 0x, 0o, 0b and 0 and underscores between digits.
std::optional<std::int64_t> parse_go_integer(std::string_view text, int base = 0);
std::optional<std::uint64_t> parse_go_unsigned(std::string_view text, int base = 0);
/// strconv.ParseFloat: decimal and hexadecimal, inf and nan.
std::optional<double> parse_go_float(std::string_view text);

/// What arithmetic makes of a value: texts are read, false and nil are 0, what is no number is 0.
std::int64_t to_integer(const Value& value);
double to_real(const Value& value);
/// Like Go's int64(x) on amd64.
std::int64_t truncated(double value);

/// strconv.FormatFloat(value, format, precision, 64), format one of e E f g G; precision -1 is the shortest exact text.
std::string format_real(double value, char format, int precision);

}  // namespace tandem::templates
