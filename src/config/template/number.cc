// Number literals, as Go's text/template and strconv read them.

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "config/template/cast.h"
#include "config/template/runes.h"
#include "config/template/syntax.h"

namespace tandem::templates {
namespace {

base::Error syntax_error(std::string message) { return {base::ErrorKind::kInvalid, std::move(message)}; }

base::Result<Number> parse_character(std::string_view text) {
  const auto content = unquoted(text);
  if (!content || content->empty()) return syntax_error("invalid syntax");
  const Rune rune = first_rune(*content);
  // '\xff' is a character whose value is the byte.
  const bool byte = content->size() == 1;
  if (!byte && rune.width != content->size()) return syntax_error("malformed character constant: " + std::string(text));
  const auto value = byte ? static_cast<std::int64_t>(static_cast<unsigned char>(content->front()))
                          : static_cast<std::int64_t>(rune.value);
  Number number;
  number.integer = value;
  number.natural = static_cast<std::uint64_t>(value);
  number.real = static_cast<double>(value);
  return number;
}

/// A float that holds a whole number can stand where an integer is wanted.
void add_whole(Number& number, double value) {
  if (!number.integer && value == std::trunc(value) && std::abs(value) < 0x1p63) {
    number.integer = static_cast<std::int64_t>(value);
  }
  if (!number.natural && value == std::trunc(value) && value >= 0 && value < 0x1p64) {
    number.natural = static_cast<std::uint64_t>(value);
  }
}

base::Result<Number> parse_complex(std::string_view text) {
  const std::string_view body = text.substr(0, text.size() - 1);
  std::size_t split = body.find_last_of("+-");
  while (split != std::string_view::npos && split > 0 && std::string_view("eEpP").contains(body[split - 1])) {
    split = body.find_last_of("+-", split - 1);
  }
  const bool both = split != std::string_view::npos && split > 0;
  const auto real = both ? parse_go_float(body.substr(0, split)) : std::optional<double>(0.0);
  const auto imaginary = parse_go_float(both ? body.substr(split) : body);
  if (!real || !imaginary) return syntax_error("illegal number syntax: " + quoted(text));
  Number number;
  number.complex = std::pair(*real, *imaginary);
  if (*imaginary == 0) {
    number.real = real;
    add_whole(number, *real);
  }
  return number;
}

}  // namespace

base::Result<Number> parse_number(std::string_view text) {
  if (text.starts_with('\'')) return parse_character(text);
  if (text.ends_with('i')) return parse_complex(text);
  Number number;
  number.natural = parse_go_unsigned(text);
  number.integer = parse_go_integer(text);
  if (number.integer && *number.integer == 0) number.natural = 0;
  if (number.integer) {
    number.real = static_cast<double>(*number.integer);
  } else if (number.natural) {
    number.real = static_cast<double>(*number.natural);
  } else if (const auto real = parse_go_float(text)) {
    // Without a point or an exponent it is an integer that is too large.
    if (text.find_first_of(".eEpP") == std::string_view::npos) {
      return syntax_error("integer overflow: " + quoted(text));
    }
    number.real = real;
    add_whole(number, *real);
  }
  if (!number.integer && !number.natural && !number.real) {
    return syntax_error("illegal number syntax: " + quoted(text));
  }
  return number;
}

}  // namespace tandem::templates
