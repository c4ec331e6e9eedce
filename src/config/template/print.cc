#include "config/template/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "config/template/cast.h"
#include "config/template/moment.h"
#include "config/template/runes.h"
#include "config/template/version.h"

namespace tandem::templates {
namespace {

constexpr int kDeepest = 1000;
constexpr int kWidest = 1'000'000;

struct Flags {
  bool plus = false;
  bool minus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  std::optional<int> width;
  std::optional<int> precision;
};

/// Values with a String() of their own.
std::optional<std::string> own_text(const Value& value) {
  switch (value.type()) {
    case Type::kDuration:
      return format_duration(value.integer());
    case Type::kMonth:
      return std::string(month_name(value.integer()));
    case Type::kWeekday:
      return std::string(weekday_name(value.integer()));
    case Type::kTime:
      return format_time(value.time(), "2006-01-02 15:04:05.999999999 -0700 MST");
    case Type::kVersion:
      return value.version().text();
    default:
      return std::nullopt;
  }
}

class Printer {
 public:
  void print(const Value& value, char32_t verb, const Flags& flags);
  void add(std::string_view text) {
    if (out_.size() + text.size() > kLargestText) full_ = true;
    if (!full_) out_ += text;
  }
  base::Result<std::string> take() {
    if (full_) return too_large();
    return std::move(out_);
  }
  bool full() const { return full_; }
  void bad_verb(const Value& value, char32_t verb);

 private:
  void print_inside(const Value& value, char32_t verb, const Flags& flags);
  void print_bool(const Value& value, char32_t verb, const Flags& flags);
  void print_integer(const Value& value, bool negative, std::uint64_t magnitude, char32_t verb, const Flags& flags);
  void print_digits(bool negative, std::uint64_t magnitude, char32_t verb, const Flags& flags);
  void print_real(const Value& value, char32_t verb, const Flags& flags);
  void print_complex(const Value& value, char32_t verb, const Flags& flags);
  void print_text(std::string_view text, const Value& value, char32_t verb, const Flags& flags);
  void print_hex(std::string_view text, bool upper, const Flags& flags);
  void print_bytes(const Value& value, char32_t verb, const Flags& flags);
  void print_list(const Value& value, char32_t verb, const Flags& flags);
  void print_fields(const Value& value, char32_t verb, const Flags& flags);
  void pad(std::string_view text, const Flags& flags);

  std::string out_;
  int depth_ = 0;
  bool full_ = false;
};

void Printer::pad(std::string_view text, const Flags& flags) {
  const std::size_t count = flags.width ? count_runes(text) : 0;
  const std::size_t width = flags.width ? static_cast<std::size_t>(*flags.width) : 0;
  const std::string padding(width > count ? width - count : 0, flags.zero && !flags.minus ? '0' : ' ');
  if (!flags.minus) add(padding);
  add(text);
  if (flags.minus) add(padding);
}

void Printer::bad_verb(const Value& value, char32_t verb) {
  std::string start = "%!";
  append_rune(start, verb);
  add(start + "(");
  if (value.absent()) {
    add("<nil>");
  } else {
    add(type_name(value) + "=");
    print(value, 'v', {});
  }
  add(")");
}

void Printer::print_bool(const Value& value, char32_t verb, const Flags& flags) {
  if (verb != 't' && verb != 'v') return bad_verb(value, verb);
  pad(value.boolean() ? "true" : "false", flags);
}

void Printer::print_digits(bool negative, std::uint64_t magnitude, char32_t verb, const Flags& flags) {
  std::string digits;
  std::string_view prefix;
  switch (verb) {
    case 'b':
      digits = fmt::format("{:b}", magnitude);
      if (flags.sharp) prefix = "0b";
      break;
    case 'o':
    case 'O':
      digits = fmt::format("{:o}", magnitude);
      if (flags.sharp && !digits.starts_with('0')) prefix = "0";
      if (verb == 'O') prefix = "0o";
      break;
    case 'x':
      digits = fmt::format("{:x}", magnitude);
      if (flags.sharp) prefix = "0x";
      break;
    case 'X':
      digits = fmt::format("{:X}", magnitude);
      if (flags.sharp) prefix = "0X";
      break;
    default:
      digits = std::to_string(magnitude);
  }
  const std::string_view sign = negative ? "-" : flags.plus ? "+" : flags.space ? " " : "";
  std::size_t wanted = 0;
  if (flags.precision) {
    wanted = static_cast<std::size_t>(*flags.precision);
    if (wanted == 0 && magnitude == 0) return pad("", Flags{.width = flags.width});
  } else if (flags.zero && flags.width && !flags.minus) {
    wanted = static_cast<std::size_t>(*flags.width);
    if (!sign.empty() && wanted > 0) --wanted;
  }
  if (digits.size() < wanted) digits.insert(0, wanted - digits.size(), '0');
  Flags rest = flags;
  rest.zero = false;
  pad(std::string(sign).append(prefix).append(digits), rest);
}

void Printer::print_integer(const Value& value, bool negative, std::uint64_t magnitude, char32_t verb,
                            const Flags& flags) {
  const auto rune = negative || magnitude > 0x10FFFF ? kBadRune : static_cast<char32_t>(magnitude);
  std::string text;
  switch (verb) {
    case 'v':
      if (flags.sharp && value.is_unsigned()) return print_digits(negative, magnitude, 'x', flags);
      return print_digits(negative, magnitude, 'd',
                          Flags{flags.plus, flags.minus, false, flags.space, flags.zero, flags.width, flags.precision});
    case 'd':
    case 'b':
    case 'o':
    case 'O':
    case 'x':
    case 'X':
      return print_digits(negative, magnitude, verb, flags);
    case 'c':
      append_rune(text, rune);
      return pad(text, flags);
    case 'q':
      append_rune(text, rune);
      return pad(quoted(text, '\'', flags.plus), flags);
    case 'U':
      text = fmt::format("U+{:0{}X}", magnitude, std::max(4, std::min(flags.precision.value_or(4), 1000)));
      if (flags.sharp && is_print(rune)) {
        text += " '";
        append_rune(text, rune);
        text += '\'';
      }
      return pad(text, Flags{.minus = flags.minus, .width = flags.width});
    default:
      return bad_verb(value, verb);
  }
}

void Printer::print_real(const Value& value, char32_t verb, const Flags& flags) {
  char format = verb == 'v' ? 'g' : verb == 'F' ? 'f' : static_cast<char>(verb);
  if (verb > 0x7F || !std::string_view("vgGeEfF").contains(static_cast<char>(verb))) return bad_verb(value, verb);
  const int precision = flags.precision.value_or(format == 'g' || format == 'G' ? -1 : 6);
  std::string text = format_real(value.real(), format, precision);
  const bool finite = std::isfinite(value.real());
  if (text.front() != '-' && text.front() != '+' && (flags.plus || flags.space)) {
    text.insert(0, 1, flags.plus ? '+' : ' ');
  }
  if (text.front() == '+' && !flags.plus && !finite) text.erase(0, flags.space ? 0 : 0);
  Flags rest = flags;
  rest.zero = false;
  const bool sign = text.front() == '-' || text.front() == '+' || text.front() == ' ';
  if (flags.zero && flags.width && !flags.minus && finite && text.size() < static_cast<std::size_t>(*flags.width)) {
    text.insert(sign ? 1 : 0, static_cast<std::size_t>(*flags.width) - text.size(), '0');
  }
  pad(text, rest);
}

void Printer::print_complex(const Value& value, char32_t verb, const Flags& flags) {
  if (verb > 0x7F || !std::string_view("vgGeEfF").contains(static_cast<char>(verb))) return bad_verb(value, verb);
  Flags imaginary = flags;
  imaginary.plus = true;
  add("(");
  print_real(Value::of(value.complex().first), verb, flags);
  print_real(Value::of(value.complex().second), verb, imaginary);
  add("i)");
}

void Printer::print_hex(std::string_view text, bool upper, const Flags& flags) {
  if (flags.precision) text = text.substr(0, static_cast<std::size_t>(*flags.precision));
  const std::string_view prefix = flags.sharp ? (upper ? "0X" : "0x") : "";
  std::string result;
  if (text.size() > kLargestText / 5) {
    full_ = true;
    return;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && flags.space) result += ' ';
    if (i == 0 || flags.space) result += prefix;
    result += fmt::format(fmt::runtime(upper ? "{:02X}" : "{:02x}"), static_cast<unsigned char>(text[i]));
  }
  pad(result, flags);
}

void Printer::print_text(std::string_view text, const Value& value, char32_t verb, const Flags& flags) {
  const auto cut = [&flags](std::string_view whole) {
    if (!flags.precision) return whole;
    std::size_t end = 0;
    for (int left = *flags.precision; left > 0 && end < whole.size(); --left)
      end += first_rune(whole.substr(end)).width;
    return whole.substr(0, end);
  };
  switch (verb) {
    case 'v':
      if (flags.sharp) return pad(quoted(text), Flags{.minus = flags.minus, .width = flags.width});
      return pad(cut(text), flags);
    case 's':
      return pad(cut(text), flags);
    case 'x':
    case 'X':
      return print_hex(text, verb == 'X', flags);
    case 'q': {
      const std::string_view part = cut(text);
      const bool raw = flags.sharp && !part.contains('`') && std::ranges::all_of(runes_of(part), [](char32_t rune) {
                         return rune == '\t' || (rune >= ' ' && rune != 0x7F && rune != kBadRune);
                       });
      return pad(raw ? "`" + std::string(part) + "`" : quoted(part, '"', flags.plus), flags);
    }
    default:
      return bad_verb(value, verb);
  }
}

void Printer::print_bytes(const Value& value, char32_t verb, const Flags& flags) {
  if (verb == 's' || verb == 'x' || verb == 'X' || verb == 'q') return print_text(value.text(), value, verb, flags);
  print_list(value, verb, flags);
}

void Printer::print_list(const Value& value, char32_t verb, const Flags& flags) {
  const bool go_syntax = verb == 'v' && flags.sharp;
  add(go_syntax ? (value.is(Type::kBytes) ? "[]byte" : type_name(value)) + "{" : "[");
  for (std::size_t i = 0; i < value.size() && !full_; ++i) {
    if (i > 0) add(go_syntax ? ", " : " ");
    print_inside(value.at(i), verb, flags);
  }
  add(go_syntax ? "}" : "]");
}

void Printer::print_fields(const Value& value, char32_t verb, const Flags& flags) {
  const bool go_syntax = verb == 'v' && flags.sharp;
  const bool structure = value.is(Type::kStruct);
  add(go_syntax ? type_name(value) + "{" : structure ? "{" : "map[");
  bool first = true;
  for (const auto& [key, each] : value.fields().entries) {
    if (full_) break;
    if (!std::exchange(first, false)) add(go_syntax ? ", " : " ");
    if (!structure) print_inside(Value::of(key), verb, flags);
    if (structure && (flags.plus || go_syntax)) add(key);
    if (!structure || flags.plus || go_syntax) add(":");
    print_inside(each, verb, flags);
  }
  add(go_syntax || structure ? "}" : "]");
}

void Printer::print_inside(const Value& value, char32_t verb, const Flags& flags) {
  if (value.absent()) return add(verb == 'v' && flags.sharp ? "interface {}(nil)" : "<nil>");
  if (depth_ >= kDeepest) {
    full_ = true;
    return;
  }
  ++depth_;
  print(value, verb, flags);
  --depth_;
}

void Printer::print(const Value& value, char32_t verb, const Flags& flags) {
  if (full_) return;
  if (value.absent()) {
    if (verb == 'v' || verb == 'T') return pad("<nil>", flags);
    return bad_verb(value, verb);
  }
  if (verb == 'T') return print_text(type_name(value), value, 's', flags);
  if (verb < 0x80 && std::string_view("vsxXq").contains(static_cast<char>(verb)) && !(verb == 'v' && flags.sharp)) {
    if (const auto text = own_text(value)) return print_text(*text, value, verb, flags);
  }
  if (value.is_signed()) {
    const std::int64_t number = value.integer();
    const auto bits = static_cast<std::uint64_t>(number);
    return print_integer(value, number < 0, number < 0 ? 0 - bits : bits, verb, flags);
  }
  if (value.is_unsigned()) return print_integer(value, false, value.natural(), verb, flags);
  if (value.is_list()) return print_list(value, verb, flags);
  switch (value.type()) {
    case Type::kBool:
      return print_bool(value, verb, flags);
    case Type::kFloat:
      return print_real(value, verb, flags);
    case Type::kComplex:
      return print_complex(value, verb, flags);
    case Type::kString:
      return print_text(value.text(), value, verb, flags);
    case Type::kBytes:
      return print_bytes(value, verb, flags);
    case Type::kTime:
    case Type::kVersion:
      return verb == 'v' ? print_text(*own_text(value), value, 's', flags) : bad_verb(value, verb);
    default:
      return print_fields(value, verb, flags);
  }
}

/// Walks through a format.
class Formatting {
 public:
  Formatting(std::string_view format, std::span<const Value> operands) : rest_(format), operands_(operands) {}

  base::Result<std::string> run();

 private:
  void directive();
  void flags();
  void width_and_precision();
  std::optional<int> number();
  void argument_index();
  std::optional<int> star();
  void verb();

  Printer out_;
  std::string_view rest_;
  std::span<const Value> operands_;
  Flags flags_;
  std::size_t next_ = 0;
  bool after_index_ = false;
  bool good_index_ = true;
  bool reordered_ = false;
};

std::optional<int> Formatting::number() {
  if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return std::nullopt;
  int value = 0;
  while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
    if (value <= kWidest) value = value * 10 + (rest_.front() - '0');
    rest_.remove_prefix(1);
  }
  return value > kWidest ? std::nullopt : std::optional(value);
}

/// "[3]": the operand that comes next.
void Formatting::argument_index() {
  if (!rest_.starts_with('[')) return;
  reordered_ = true;
  const std::size_t close = rest_.find(']');
  if (close == std::string_view::npos) {
    good_index_ = false;
    rest_.remove_prefix(1);
    return;
  }
  const auto index = parse_go_unsigned(rest_.substr(1, close - 1), 10);
  rest_.remove_prefix(close + 1);
  if (!index || *index < 1 || *index > operands_.size()) {
    good_index_ = false;
    return;
  }
  next_ = static_cast<std::size_t>(*index - 1);
  after_index_ = true;
}

/// The operand that a * stands for; nullopt when it is no int.
std::optional<int> Formatting::star() {
  rest_.remove_prefix(1);
  if (next_ >= operands_.size()) return std::nullopt;
  const Value& value = operands_[next_++];
  if (!value.is_signed() && !value.is_unsigned()) return std::nullopt;
  const std::int64_t number = to_integer(value);
  return number < -kWidest || number > kWidest ? std::nullopt : std::optional(static_cast<int>(number));
}

void Formatting::flags() {
  flags_ = {};
  for (; !rest_.empty(); rest_.remove_prefix(1)) {
    switch (rest_.front()) {
      case '#':
        flags_.sharp = true;
        break;
      case '0':
        flags_.zero = true;
        break;
      case '+':
        flags_.plus = true;
        break;
      case '-':
        flags_.minus = true;
        break;
      case ' ':
        flags_.space = true;
        break;
      default:
        return;
    }
  }
}

void Formatting::width_and_precision() {
  argument_index();
  if (rest_.starts_with('*')) {
    flags_.width = star();
    if (!flags_.width) out_.add("%!(BADWIDTH)");
    if (flags_.width && *flags_.width < 0) {
      flags_.width = -*flags_.width;
      flags_.minus = true;
      flags_.zero = false;
    }
    after_index_ = false;
  } else {
    flags_.width = number();
    if (after_index_ && flags_.width) good_index_ = false;
  }
  if (rest_.starts_with('.')) {
    rest_.remove_prefix(1);
    if (after_index_) good_index_ = false;
    argument_index();
    if (rest_.starts_with('*')) {
      flags_.precision = star();
      if (flags_.precision && *flags_.precision < 0) flags_.precision.reset();
      if (!flags_.precision) out_.add("%!(BADPREC)");
      after_index_ = false;
    } else {
      flags_.precision = number().value_or(0);
    }
  }
  if (!after_index_) argument_index();
}

void Formatting::verb() {
  if (rest_.empty()) return out_.add("%!(NOVERB)");
  const Rune rune = first_rune(rest_);
  rest_.remove_prefix(rune.width);
  std::string name;
  append_rune(name, rune.value);
  if (rune.value == '%') return out_.add("%");
  if (!good_index_) return out_.add("%!" + name + "(BADINDEX)");
  if (next_ >= operands_.size()) return out_.add("%!" + name + "(MISSING)");
  out_.print(operands_[next_++], rune.value, flags_);
}

void Formatting::directive() {
  rest_.remove_prefix(1);
  good_index_ = true;
  after_index_ = false;
  flags();
  width_and_precision();
  verb();
}

base::Result<std::string> Formatting::run() {
  while (!rest_.empty() && !out_.full()) {
    const std::size_t percent = std::min(rest_.find('%'), rest_.size());
    out_.add(rest_.substr(0, percent));
    rest_.remove_prefix(percent);
    if (!rest_.empty()) directive();
  }
  if (!reordered_ && next_ < operands_.size()) {
    out_.add("%!(EXTRA ");
    for (std::size_t i = next_; i < operands_.size(); ++i) {
      if (i > next_) out_.add(", ");
      if (operands_[i].absent()) {
        out_.add("<nil>");
      } else {
        out_.add(type_name(operands_[i]) + "=");
        out_.print(operands_[i], 'v', {});
      }
    }
    out_.add(")");
  }
  return out_.take();
}

}  // namespace

base::Error too_large() {
  return {base::ErrorKind::kLimit, fmt::format("the text would be larger than {} MiB", kLargestText >> 20)};
}

base::Result<std::string> sprintf(std::string_view format, std::span<const Value> operands) {
  return Formatting(format, operands).run();
}

base::Result<std::string> sprint(std::span<const Value> operands) {
  Printer out;
  bool text_before = true;
  for (const Value& each : operands) {
    const bool text = each.is(Type::kString);
    if (&each != operands.data() && !text && !text_before) out.add(" ");
    out.print(each, 'v', {});
    text_before = text;
  }
  return out.take();
}

base::Result<std::string> sprintln(std::span<const Value> operands) {
  Printer out;
  for (const Value& each : operands) {
    if (&each != operands.data()) out.add(" ");
    out.print(each, 'v', {});
  }
  out.add("\n");
  return out.take();
}

base::Result<std::string> shown(const Value& value) { return sprint(std::span(&value, 1)); }

}  // namespace tandem::templates
