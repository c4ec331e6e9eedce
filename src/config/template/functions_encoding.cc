// JSON, base64 and base32.

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>

#include "config/template/cast.h"
#include "config/template/functions.h"
#include "config/template/moment.h"
#include "config/template/print.h"
#include "config/template/runes.h"
#include "config/template/version.h"

namespace tandem::templates {
namespace {

constexpr int kDeepest = 500;

/// Go's encoding/json.
class JsonWriter {
 public:
  JsonWriter(int indent, bool html) : indent_(indent), html_(html) {}

  base::Result<std::string> run(const Value& value) {
    write(value, 0);
    if (!problem_.empty()) return failure(problem_);
    return std::move(out_);
  }

 private:
  void write(const Value& value, int depth) {
    if (out_.size() > kLargestText) problem_ = too_large().text();
    if (depth > kDeepest) problem_ = "json: unsupported value: it is nested too deeply";
    if (!problem_.empty()) return;
    if (value.absent()) {
      out_ += "null";
    } else if (value.is_signed()) {
      out_ += std::to_string(value.integer());
    } else if (value.is_unsigned()) {
      out_ += std::to_string(value.natural());
    } else if (value.is_list()) {
      write_list(value, depth);
    } else if (value.is_map() || value.is(Type::kStruct)) {
      write_fields(value, depth);
    } else {
      write_scalar(value);
    }
  }

  void write_scalar(const Value& value) {
    switch (value.type()) {
      case Type::kBool:
        out_ += value.boolean() ? "true" : "false";
        break;
      case Type::kFloat:
        write_real(value.real());
        break;
      case Type::kString:
        write_text(value.text());
        break;
      case Type::kBytes:
        write_text(base64(value.text()));
        break;
      case Type::kTime:
        write_text(format_time(value.time(), "2006-01-02T15:04:05.999999999Z07:00"));
        break;
      case Type::kVersion:
        write_text(value.version().text());
        break;
      default:
        problem_ = "json: unsupported type: " + type_name(value);
    }
  }

  void write_real(double value) {
    if (!std::isfinite(value)) {
      problem_ = "json: unsupported value: " + format_real(value, 'g', -1);
      return;
    }
    const double size = std::abs(value);
    if (size == 0 || (size >= 1e-6 && size < 1e21)) {
      out_ += format_real(value, 'f', -1);
      return;
    }
    std::string text = format_real(value, 'e', -1);
    // e-09 is e-9.
    if (const std::size_t zero = text.find("e-0"); zero != std::string::npos) text.erase(zero + 2, 1);
    out_ += text;
  }

  void write_text(std::string_view text) {
    out_ += '"';
    while (!text.empty()) {
      const Rune rune = first_rune(text);
      const bool markup = html_ && (rune.value == '<' || rune.value == '>' || rune.value == '&');
      constexpr std::string_view kMeanings = "\"\\\b\f\n\r\t";
      const std::size_t known =
          rune.value < 0x80 ? kMeanings.find(static_cast<char>(rune.value)) : std::string_view::npos;
      if (known != std::string_view::npos) {
        out_ += '\\';
        out_ += "\"\\bfnrt"[known];
      } else if (markup || rune.value < ' ' || rune.value == 0x2028 || rune.value == 0x2029 ||
                 (rune.value == kBadRune && rune.width == 1)) {
        out_ += fmt::format("\\u{:04x}", static_cast<unsigned>(rune.value));
      } else {
        out_ += text.substr(0, rune.width);
      }
      text.remove_prefix(rune.width);
    }
    out_ += '"';
  }

  void new_line(int depth) {
    if (indent_ > 0) out_.append("\n").append(static_cast<std::size_t>(indent_) * static_cast<std::size_t>(depth), ' ');
  }

  void write_list(const Value& value, int depth) {
    out_ += '[';
    bool first = true;
    for (const Value& each : value.items()) {
      if (!std::exchange(first, false)) out_ += ',';
      new_line(depth + 1);
      write(each, depth + 1);
      if (!problem_.empty()) return;
    }
    if (!first) new_line(depth);
    out_ += ']';
  }

  void write_fields(const Value& value, int depth) {
    out_ += '{';
    bool first = true;
    for (const auto& [key, each] : value.fields().entries) {
      if (!std::exchange(first, false)) out_ += ',';
      new_line(depth + 1);
      write_text(key);
      out_ += indent_ > 0 ? ": " : ":";
      write(each, depth + 1);
      if (!problem_.empty()) return;
    }
    if (!first) new_line(depth);
    out_ += '}';
  }

  std::string out_;
  std::string problem_;
  int indent_;
  bool html_;
};

Value value_of(Call& call, const boost::json::value& json) {
  switch (json.kind()) {
    case boost::json::kind::null:
      return Value::nil();
    case boost::json::kind::bool_:
      return Value::of(json.get_bool());
    case boost::json::kind::int64:
      return Value::of(static_cast<double>(json.get_int64()));
    case boost::json::kind::uint64:
      return Value::of(static_cast<double>(json.get_uint64()));
    case boost::json::kind::double_:
      return Value::of(json.get_double());
    case boost::json::kind::string:
      return Value::of(std::string_view(json.get_string()));
    case boost::json::kind::array: {
      List items;
      for (const auto& each : json.get_array()) items.push_back(value_of(call, each));
      return Value::list(std::move(items));
    }
    case boost::json::kind::object:
      break;
  }
  Value made = call.rendering.heap().map();
  for (const auto& [key, each] : json.get_object()) {
    made.fields().entries.insert_or_assign(std::string(key), value_of(call, each));
  }
  return made;
}

Outcome from_json(Call& call, bool strict) {
  const std::string& text = call.text(0);
  boost::json::parse_options options;
  options.max_depth = kDeepest;
  options.allow_invalid_utf8 = true;
  boost::json::error_code error;
  if (!call.rendering.spend_bytes(text.size() * 16)) return too_large();
  const boost::json::value json = boost::json::parse(text, error, {}, options);
  if (!error) return value_of(call, json);
  if (!strict) return Value::nil();
  if (trim_space(text).empty() || error == boost::json::error::incomplete)
    return failure("unexpected end of JSON input");
  return failure("invalid JSON: " + error.message());
}

Outcome to_json(Call& call, int indent, bool html, bool strict) {
  auto text = json_of(call[0], indent, html);
  if (!text && strict) return text.error();
  return Value::of(text ? *std::move(text) : "");
}

constexpr std::string_view kAlphabet64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kAlphabet32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// RFC 4648, `bits` a letter and `block` letters a group.
std::string encoded(std::string_view bytes, std::string_view alphabet, unsigned bits, std::size_t block) {
  std::string text;
  unsigned pending = 0;
  unsigned count = 0;
  for (const char byte : bytes) {
    pending = pending << 8U | static_cast<unsigned char>(byte);
    for (count += 8; count >= bits; count -= bits) text += alphabet[pending >> (count - bits) & (alphabet.size() - 1)];
    pending &= (1U << count) - 1;
  }
  if (count > 0) text += alphabet[pending << (bits - count) & (alphabet.size() - 1)];
  while (text.size() % block != 0) text += '=';
  return text;
}

/// The bytes; or, as an error, the offset of the first letter that is wrong. Line ends are skipped.
std::expected<std::string, std::size_t> decoded(std::string_view text, std::string_view alphabet, unsigned bits,
                                                std::size_t block) {
  std::string bytes;
  unsigned pending = 0;
  unsigned count = 0;
  std::size_t letters = 0;
  std::size_t padding = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      // Padding fills a group that has at least two letters.
      if (letters % block < 2 && padding == 0) return std::unexpected(i);
      if ((letters + ++padding) % block == 0) {
        for (std::size_t rest = i + 1; rest < text.size(); ++rest) {
          if (text[rest] != '\n' && text[rest] != '\r') return std::unexpected(rest);
        }
      }
      continue;
    }
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos || padding > 0) return std::unexpected(padding > 0 ? i - 1 : i);
    ++letters;
    pending = (pending << bits | static_cast<unsigned>(digit)) & 0xFFFF;
    count += bits;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>(pending >> count & 0xFFU);
    }
  }
  if ((letters + padding) % block != 0) return std::unexpected(text.size() - (letters + padding) % block);
  return bytes;
}

Outcome decode(Call& call, std::string_view alphabet, unsigned bits, std::size_t block) {
  auto bytes = decoded(call.text(0), alphabet, bits, block);
  if (bytes) return Value::of(*std::move(bytes));
  return Value::of(fmt::format("illegal base{} data at input byte {}", alphabet.size(), bytes.error()));
}

constexpr BuiltIn kFunctions[] = {
    {"b32dec", "s", [](Call& call) { return decode(call, kAlphabet32, 5, 8); }},
    {"b32enc", "s", [](Call& call) -> Outcome { return Value::of(encoded(call.text(0), kAlphabet32, 5, 8)); }},
    {"b64dec", "s", [](Call& call) { return decode(call, kAlphabet64, 6, 4); }},
    {"b64enc", "s", [](Call& call) -> Outcome { return Value::of(base64(call.text(0))); }},
    {"fromJson", "s", [](Call& call) { return from_json(call, false); }},
    {"mustFromJson", "s", [](Call& call) { return from_json(call, true); }},
    {"mustToJson", "a", [](Call& call) { return to_json(call, 0, true, true); }},
    {"mustToPrettyJson", "a", [](Call& call) { return to_json(call, 2, true, true); }},
    {"mustToRawJson", "a", [](Call& call) { return to_json(call, 0, false, true); }},
    {"toJson", "a", [](Call& call) { return to_json(call, 0, true, false); }},
    {"toPrettyJson", "a", [](Call& call) { return to_json(call, 2, true, false); }},
    {"toRawJson", "a", [](Call& call) { return to_json(call, 0, false, true); }},
};

}  // namespace

base::Result<std::string> json_of(const Value& value, int indent, bool html) {
  return JsonWriter(indent, html).run(value);
}

std::string base64(std::string_view bytes) { return encoded(bytes, kAlphabet64, 6, 4); }

std::string hexadecimal(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::span<const BuiltIn> encoding_functions() { return kFunctions; }

}  // namespace tandem::templates
