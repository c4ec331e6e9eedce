#pragma once

// Scalars as Go's strconv and time packages read and write them, with their error texts, because that is what users of
// Traefik write and see. Any thread; no state.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tandem::format {

/// Go's strconv.ParseBool: 1 t T true TRUE True 0 f F false FALSE False.
base::Result<bool> parse_bool(std::string_view text);
/// Go's strconv.ParseInt in base 10 for integers of `bits` bits.
base::Result<std::int64_t> parse_integer(std::string_view text, int bits);
/// Go's strconv.ParseUint in base 10.
base::Result<std::uint64_t> parse_unsigned(std::string_view text, int bits);
/// Go's strconv.ParseFloat without hexadecimal forms.
base::Result<double> parse_float(std::string_view text);
/// A bare integer is seconds, everything else is Go's time.ParseDuration ("1h2m3.5s", "300ms").
base::Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// Go's Duration.String: "0s", "100ms", "1m0s", "1h0m0.5s".
std::string format_duration(std::chrono::nanoseconds duration);
/// The shortest decimal text without exponent that reads back as the same number (strconv.FormatFloat 'f', -1).
std::string format_float(double number);

}  // namespace tandem::format
