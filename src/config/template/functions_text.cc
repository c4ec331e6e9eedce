// Texts: trimming, cutting, replacing, quoting, joining.

#include <fmt/format.h>

#include <algorithm>

#include "config/template/functions.h"
#include "config/template/print.h"
#include "config/template/runes.h"

namespace tandem::templates {
namespace {

Outcome out_of_range(std::int64_t from, std::int64_t to, std::size_t size) {
  if (to > static_cast<std::int64_t>(size)) {
    return failure(fmt::format("runtime error: slice bounds out of range [:{}] with length {}", to, size));
  }
  if (from < 0) return failure(fmt::format("runtime error: slice bounds out of range [{}:]", from));
  return failure(fmt::format("runtime error: slice bounds out of range [{}:{}]", from, to));
}

Outcome cut(const std::string& text, std::int64_t from, std::int64_t to) {
  if (from < 0 || to > static_cast<std::int64_t>(text.size()) || from > to) return out_of_range(from, to, text.size());
  return Value::of(text.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)));
}

Outcome substr(Call& call) {
  const std::string& text = call.text(2);
  const auto size = static_cast<std::int64_t>(text.size());
  const std::int64_t from = call.integer(0);
  const std::int64_t to = call.integer(1);
  if (from < 0) {
    if (to < 0) return failure(fmt::format("runtime error: slice bounds out of range [:{}]", to));
    return cut(text, 0, to);
  }
  return cut(text, from, to < 0 || to > size ? size : to);
}

Outcome trunc(Call& call) {
  const std::string& text = call.text(1);
  const auto size = static_cast<std::int64_t>(text.size());
  const std::int64_t count = call.integer(0);
  if (count < 0 && size + count > 0) return Value::of(text.substr(static_cast<std::size_t>(size + count)));
  if (count >= 0 && size > count) return Value::of(text.substr(0, static_cast<std::size_t>(count)));
  return call[1];
}

Outcome repeat(Call& call) {
  const std::int64_t count = call.integer(0);
  const std::string& text = call.text(1);
  if (count < 0) return failure("strings: negative Repeat count");
  if (text.empty()) return call[1];
  if (static_cast<std::uint64_t>(count) > kLargestText / text.size()) return too_large();
  std::string result;
  result.reserve(text.size() * static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) result += text;
  return Value::of(std::move(result));
}

/// goutils.AbbreviateFull: texts longer than `width` are cut and end in "..."; with an `offset` they begin so, too.
std::string abbreviated(std::string_view text, std::int64_t offset, std::int64_t width) {
  constexpr std::string_view kMarker = "...";
  const auto size = static_cast<std::int64_t>(text.size());
  if (text.empty() || width < 4) return {};
  if (size <= width) return std::string(text);
  offset = std::min(offset, size);
  if (size - offset < width - 3) offset = size - (width - 3);
  if (offset <= 4) return std::string(text.substr(0, static_cast<std::size_t>(width - 3))).append(kMarker);
  if (width < 7) return {};
  if (offset + width - 3 < size) {
    return std::string(kMarker).append(abbreviated(text.substr(static_cast<std::size_t>(offset)), 0, width - 3));
  }
  return std::string(kMarker).append(text.substr(static_cast<std::size_t>(size - (width - 3))));
}

Outcome indented(Call& call, std::string_view before) {
  const std::int64_t spaces = call.integer(0);
  const std::string& text = call.text(1);
  if (spaces < 0) return failure("strings: negative Repeat count");
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n')) + 1;
  if (static_cast<std::uint64_t>(spaces) > kLargestText / lines) return too_large();
  const std::string pad(static_cast<std::size_t>(spaces), ' ');
  return Value::of(std::string(before) + pad + replaced(text, "\n", "\n" + pad));
}

/// Applies `one` to each argument that is not nil and joins with blanks.
template <class One>
Outcome each_joined(Call& call, One one) {
  std::vector<std::string> parts;
  std::size_t size = 0;
  for (const Value& each : call.arguments) {
    if (each.absent()) continue;
    auto text = one(each);
    if (!text) return text.error();
    if ((size += text->size()) > kLargestText) return too_large();
    parts.push_back(*std::move(text));
  }
  return Value::of(join(parts, " "));
}

base::Result<std::string> double_quoted(const Value& value) {
  auto text = text_of(value);
  if (text) *text = quoted(*text);
  return text;
}

base::Result<std::string> single_quoted(const Value& value) {
  auto text = shown(value);
  if (text) *text = "'" + *text + "'";
  return text;
}

Outcome joined(Call& call) {
  const auto parts = texts_of(call[1]);
  if (!parts) return parts.error();
  std::size_t size = 0;
  for (const std::string& part : *parts) size += part.size() + call.text(0).size();
  if (size > kLargestText) return too_large();
  return Value::of(join(*parts, call.text(0)));
}

Outcome replace(Call& call) {
  const std::string& from = call.text(0);
  const std::string& to = call.text(1);
  const std::string& text = call.text(2);
  const std::size_t times = text.size() / std::max<std::size_t>(from.size(), 1) + 1;
  if (text.size() > kLargestText || to.size() > kLargestText / times) {
    // Only now is it worth to count.
    std::size_t found = from.empty() ? times : 0;
    for (std::size_t at = text.find(from); !from.empty() && at != std::string::npos;
         at = text.find(from, at + from.size())) {
      ++found;
    }
    if (found > 0 && to.size() > kLargestText / found) return too_large();
  }
  return Value::of(replaced(text, from, to));
}

Outcome split_numbered(Call& call) {
  const std::int64_t most = call.integer(1);
  const auto parts = split(call.text(2), call.text(0), static_cast<int>(std::clamp<std::int64_t>(most, -1, 1 << 30)));
  Value made = call.rendering.heap().map(Type::kStringMap);
  for (std::size_t i = 0; i < parts.size(); ++i)
    made.fields().entries.emplace(fmt::format("_{}", i), Value::of(parts[i]));
  if (!call.rendering.spend_bytes(parts.size() * 128)) return too_large();
  return made;
}

Outcome splitted(Call& call, std::size_t text, std::size_t separator) {
  if (call.text(text).size() > kLargestText / 16) return too_large();
  return Value::strings(split(call.text(text), call.text(separator)));
}

Outcome normalize(Call& call) {
  std::string result;
  bool gap = false;
  for (const char32_t rune : runes_of(call.text(0))) {
    if (is_letter(rune) || is_number(rune)) {
      if (gap && !result.empty()) result += '-';
      append_rune(result, rune);
      gap = false;
    } else {
      gap = true;
    }
  }
  return Value::of(std::move(result));
}

std::string without_prefix(const std::string& text, const std::string& prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

std::string without_suffix(const std::string& text, const std::string& suffix) {
  return text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text;
}

Outcome abbreviate_both(Call& call) {
  const std::int64_t left = call.integer(0);
  const std::int64_t right = call.integer(1);
  if (right < 4 || (left > 0 && right < 7)) return call[2];
  return Value::of(abbreviated(call.text(2), left, right));
}

constexpr BuiltIn kFunctions[] = {
    {"abbrev", "is",
     [](Call& call) -> Outcome {
       return call.integer(0) < 4 ? call[1] : Value::of(abbreviated(call.text(1), 0, call.integer(0)));
     }},
    {"abbrevboth", "iis", abbreviate_both},
    {"cat", "a*", [](Call& call) { return each_joined(call, shown); }},
    {"contains", "ss", [](Call& call) -> Outcome { return Value::of(call.text(1).contains(call.text(0))); }},
    {"hasPrefix", "ss", [](Call& call) -> Outcome { return Value::of(call.text(1).starts_with(call.text(0))); }},
    {"hasSuffix", "ss", [](Call& call) -> Outcome { return Value::of(call.text(1).ends_with(call.text(0))); }},
    {"hello", "", [](Call&) -> Outcome { return Value::of("Hello!"); }},
    {"indent", "is", [](Call& call) { return indented(call, ""); }},
    {"join", "sa", joined},
    {"nindent", "is", [](Call& call) { return indented(call, "\n"); }},
    {"normalize", "s", normalize},
    {"plural", "ssi", [](Call& call) -> Outcome { return call.integer(2) == 1 ? call[0] : call[1]; }},
    {"quote", "a*", [](Call& call) { return each_joined(call, double_quoted); }},
    {"repeat", "is", repeat},
    {"replace", "sss", replace},
    {"split", "ss", [](Call& call) { return splitted(call, 0, 1); }},
    {"splitList", "ss", [](Call& call) { return splitted(call, 1, 0); }},
    {"splitn", "sis", split_numbered},
    {"squote", "a*", [](Call& call) { return each_joined(call, single_quoted); }},
    {"substr", "iis", substr},
    {"trim", "s", [](Call& call) -> Outcome { return Value::of(trim_space(call.text(0))); }},
    {"trimAll", "ss", [](Call& call) -> Outcome { return Value::of(trim_runes(call.text(1), call.text(0))); }},
    {"trimall", "ss", [](Call& call) -> Outcome { return Value::of(trim_runes(call.text(1), call.text(0))); }},
    {"trimPrefix", "ss", [](Call& call) -> Outcome { return Value::of(without_prefix(call.text(1), call.text(0))); }},
    {"trimSuffix", "ss", [](Call& call) -> Outcome { return Value::of(without_suffix(call.text(1), call.text(0))); }},
    {"trunc", "is", trunc},
};

}  // namespace

std::vector<std::string> split(std::string_view text, std::string_view separator, int most) {
  std::vector<std::string> parts;
  if (most == 0) return parts;
  const auto room = [&] { return most < 0 || static_cast<int>(parts.size()) < most - 1; };
  if (separator.empty()) {
    while (!text.empty() && room()) {
      const std::size_t width = first_rune(text).width;
      parts.emplace_back(text.substr(0, width));
      text.remove_prefix(width);
    }
    if (!text.empty()) parts.emplace_back(text);
    return parts;
  }
  for (std::size_t at = text.find(separator); room() && at != std::string_view::npos; at = text.find(separator)) {
    parts.emplace_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  parts.emplace_back(text);
  return parts;
}

std::span<const BuiltIn> text_functions() { return kFunctions; }

}  // namespace tandem::templates
