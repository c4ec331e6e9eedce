#include "control/keepalived/yaml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tandem::keepalived {
namespace {

using format::Array;
using format::Object;
using format::Value;

/// Texts that any YAML reader takes for this text without quotes.
bool is_plain(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty()) return false;
  constexpr std::array<std::string_view, 12> kWords{"true", "false", "yes", "no",  "on",  "off",
                                                    "null", "y",     "n",   "inf", "nan", "infinity"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (std::ranges::find(kWords, lower) != kWords.end()) return false;
  const bool inside = std::ranges::all_of(
      text, [&](char c) { return letter(c) || digit(c) || c == '.' || c == '-' || c == ' ' || c == '@' || c == ':'; });
  if (!inside || text.ends_with(' ') || text.ends_with(':') || text.contains(": ") || text.starts_with(':'))
    return false;
  if (letter(text.front())) return !text.contains("::");
  // Addresses and durations; numbers alone (0x12, 1e5 and 1_0 are some), dates and 12:30 would be read as something
  // else.
  const bool may_be_number = text.find_first_of("xXoObBeE_") != std::string_view::npos && !text.contains('/');
  return digit(text.front()) && !text.contains(':') && !may_be_number && std::ranges::any_of(text, letter);
}

std::string scalar(const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value.data())) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value.data())) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&value.data())) return fmt::format("{}", *number);
  std::string text;
  if (const auto* plain = std::get_if<std::string>(&value.data())) text = *plain;
  if (const auto* untyped = std::get_if<Value::Text>(&value.data())) text = untyped->text;
  if (is_plain(text)) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

bool is_scalar(const Value& value) { return value.object() == nullptr && value.array() == nullptr; }

void write(const Value& value, std::size_t depth, std::string& out);

void write_members(const Object& object, std::size_t depth, std::string& out, bool first_is_placed) {
  bool placed = first_is_placed;
  for (const auto& [name, value] : object) {
    if (!std::exchange(placed, false)) out.append(depth * 2, ' ');
    out += is_plain(name) ? name : scalar(Value(name, {}));
    out += ':';
    write(value, depth, out);
  }
}

/// What stands behind "key:".
void write(const Value& value, std::size_t depth, std::string& out) {
  if (const Object* object = value.object()) {
    if (object->empty()) {
      out += " {}\n";
      return;
    }
    out += '\n';
    write_members(*object, depth + 1, out, false);
  } else if (const Array* array = value.array()) {
    if (std::ranges::all_of(*array, is_scalar)) {
      out += " [";
      for (std::size_t i = 0; i < array->size(); ++i) {
        if (i > 0) out += ", ";
        out += scalar((*array)[i]);
      }
      out += "]\n";
      return;
    }
    out += '\n';
    for (const Value& element : *array) {
      out.append((depth + 1) * 2, ' ');
      out += "- ";
      if (element.object() != nullptr) write_members(*element.object(), depth + 2, out, true);
    }
  } else {
    out += ' ' + scalar(value) + '\n';
  }
}

}  // namespace

std::string yaml_text(const Value& value) {
  std::string out;
  if (const Object* object = value.object()) write_members(*object, 0, out, false);
  return out;
}

}  // namespace tandem::keepalived
