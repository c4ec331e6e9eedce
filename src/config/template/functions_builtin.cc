// Go's own functions. eq, ne, lt, le, gt and ge do not compare numbers of different kinds, but signed with unsigned
// ones.

#include <fmt/format.h>

#include <algorithm>

#include "config/template/cast.h"
#include "config/template/functions.h"
#include "config/template/print.h"
#include "config/template/runes.h"

namespace tandem::templates {
namespace {

/// The text that html, js and urlquery escape.
base::Result<std::string> escapable(Call& call) {
  if (call.size() == 1 && call[0].is(Type::kString)) return call.text(0);
  std::vector<Value> shown_as(call.arguments.begin(), call.arguments.end());
  for (Value& each : shown_as) {
    if (each.absent()) each = Value::of("<no value>");
  }
  return sprint(shown_as);
}

using Escape = void (*)(std::string_view& rest, std::string& to);

Outcome escaped(Call& call, Escape escape) {
  const auto text = escapable(call);
  if (!text) return text.error();
  std::string result;
  std::string_view rest = *text;
  while (!rest.empty()) {
    escape(rest, result);
    if (result.size() > kLargestText) return too_large();
  }
  return Value::of(std::move(result));
}

void escape_html(std::string_view& rest, std::string& to) {
  const char c = rest.front();
  rest.remove_prefix(1);
  switch (c) {
    case '\0':
      to += "\uFFFD";
      return;
    case '"':
      to += "&#34;";
      return;
    case '\'':
      to += "&#39;";
      return;
    case '&':
      to += "&amp;";
      return;
    case '<':
      to += "&lt;";
      return;
    case '>':
      to += "&gt;";
      return;
    default:
      to += c;
  }
}

void escape_script(std::string_view& rest, std::string& to) {
  const Rune rune = first_rune(rest);
  const std::string_view piece = rest.substr(0, rune.width);
  rest.remove_prefix(rune.width);
  if (rune.value == '\\' || rune.value == '\'' || rune.value == '"') {
    to += '\\';
    to += piece;
  } else if (rune.value == '<' || rune.value == '>' || rune.value == '&' || rune.value == '=' || rune.value < ' ' ||
             (rune.value >= 0x80 && !is_print(rune.value))) {
    to += fmt::format("\\u{:04X}", static_cast<unsigned>(rune.value));
  } else {
    to += piece;
  }
}

void escape_query(std::string_view& rest, std::string& to) {
  const char c = rest.front();
  rest.remove_prefix(1);
  if (c == ' ') {
    to += '+';
  } else if (static_cast<unsigned char>(c) < 0x80 &&
             (is_letter(static_cast<char32_t>(c)) || is_digit(static_cast<char32_t>(c)) ||
              std::string_view("-_.~").contains(c))) {
    to += c;
  } else {
    to += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
}

/// One step of index.
Outcome element(const Value& item, const Value& index) {
  if (item.absent()) return failure("index of nil pointer");
  if (item.is_map()) {
    if (index.absent()) return failure("value is nil; should be of type string");
    if (!index.is(Type::kString)) {
      return failure(fmt::format("value has type {}; should be string", type_name(index)));
    }
    const auto found = item.fields().entries.find(index.text());
    if (found != item.fields().entries.end()) return found->second;
    return item.is(Type::kMap) ? Value::nil() : Value::of("");
  }
  if (!item.is_sequence() && !item.is(Type::kString)) {
    return failure(fmt::format("can't index item of type {}", type_name(item)));
  }
  if (index.absent()) return failure("cannot index slice/array with nil");
  if (!index.is_signed() && !index.is_unsigned()) {
    return failure(fmt::format("cannot index slice/array with type {}", type_name(index)));
  }
  const std::int64_t at = to_integer(index);
  const auto size = static_cast<std::int64_t>(item.size());
  if (at < 0 || at > size) return failure(fmt::format("index out of range: {}", at));
  if (at == size) {
    return failure(item.is(Type::kString) ? "reflect: string index out of range" : "reflect: slice index out of range");
  }
  if (item.is(Type::kString)) {
    return Value::of_unsigned(static_cast<unsigned char>(item.text()[static_cast<std::size_t>(at)]), Type::kByte);
  }
  return item.at(static_cast<std::size_t>(at));
}

Outcome index(Call& call) {
  Value item = call[0];
  if (item.absent()) return failure("index of untyped nil");
  for (const Value& each : call.from(1)) {
    Outcome next = element(item, each);
    if (!next) return next;
    item = *std::move(next);
  }
  return item;
}

Outcome length(Call& call) {
  const Value& item = call[0];
  if (item.is(Type::kNil)) return failure("len of nil pointer");
  if (item.is(Type::kNone)) return failure("reflect: call of reflect.Value.Type on zero Value");
  if (item.is_sequence() || item.is_map() || item.is(Type::kString)) {
    return Value::of_int(static_cast<std::int64_t>(item.size()));
  }
  return failure("len of type " + type_name(item));
}

Outcome text_outcome(base::Result<std::string> text) {
  if (!text) return text.error();
  return Value::of(*std::move(text));
}

constexpr BuiltIn kFunctions[] = {
    // and, or: the executor evaluates their arguments one by one.
    {"and", "vv*", [](Call& call) -> Outcome { return call[call.size() - 1]; }},
    {"or", "vv*", [](Call& call) -> Outcome { return call[call.size() - 1]; }},
    {"not", "v", [](Call& call) -> Outcome { return Value::of(!call[0].truth()); }},
    {"call", "vv*",
     [](Call& call) -> Outcome {
       if (call[0].absent()) return failure("call of nil");
       return failure("non-function of type " + type_name(call[0]));
     }},
    {"html", "a*", [](Call& call) { return escaped(call, escape_html); }},
    {"js", "a*", [](Call& call) { return escaped(call, escape_script); }},
    {"urlquery", "a*", [](Call& call) { return escaped(call, escape_query); }},
    {"index", "vv*", index},
    {"len", "v", length},
    {"print", "a*", [](Call& call) { return text_outcome(sprint(call.arguments)); }},
    {"printf", "sa*", [](Call& call) { return text_outcome(sprintf(call.text(0), call.from(1))); }},
    {"println", "a*", [](Call& call) { return text_outcome(sprintln(call.arguments)); }},
};

enum class Basic : std::uint8_t { kOther, kBool, kComplex, kInteger, kReal, kText, kNatural };

Basic basic_of(const Value& value) {
  if (value.is_signed()) return Basic::kInteger;
  if (value.is_unsigned()) return Basic::kNatural;
  switch (value.type()) {
    case Type::kBool:
      return Basic::kBool;
    case Type::kComplex:
      return Basic::kComplex;
    case Type::kFloat:
      return Basic::kReal;
    case Type::kString:
      return Basic::kText;
    default:
      return Basic::kOther;
  }
}

base::Error incompatible(const Value& a, const Value& b) {
  return failure(fmt::format("incompatible types for comparison: {} and {}", type_name(a), type_name(b)));
}

base::Result<bool> same_other(const Value& a, const Value& b) {
  if (a.absent() || b.absent()) return a.absent() && b.absent();
  if (kind_name(a) != kind_name(b)) {
    return failure(fmt::format("non-comparable types {}: {}, {}: {}", shown(a).value_or(""), type_name(a), type_name(b),
                               shown(b).value_or("")));
  }
  if (b.is_sequence() || b.is_map()) {
    return failure(
        fmt::format("non-comparable type {}: {}", sprintf("%s", std::span(&b, 1)).value_or(""), type_name(b)));
  }
  return deep_equal(a, b).value_or(false);
}

bool integer_is(std::int64_t integer, std::uint64_t natural) {
  return integer >= 0 && static_cast<std::uint64_t>(integer) == natural;
}

base::Result<bool> same(const Value& a, const Value& b) {
  const Basic x = basic_of(a);
  const Basic y = basic_of(b);
  if (x == Basic::kInteger && y == Basic::kNatural) return integer_is(a.integer(), b.natural());
  if (x == Basic::kNatural && y == Basic::kInteger) return integer_is(b.integer(), a.natural());
  if (x != y) {
    if (a.absent() || b.absent()) return false;
    return incompatible(a, b);
  }
  switch (x) {
    case Basic::kBool:
      return a.boolean() == b.boolean();
    case Basic::kComplex:
      return a.complex() == b.complex();
    case Basic::kInteger:
      return a.integer() == b.integer();
    case Basic::kReal:
      return a.real() == b.real();
    case Basic::kText:
      return a.text() == b.text();
    case Basic::kNatural:
      return a.natural() == b.natural();
    case Basic::kOther:
      break;
  }
  return same_other(a, b);
}

base::Result<bool> less(const Value& a, const Value& b) {
  const Basic x = basic_of(a);
  const Basic y = basic_of(b);
  if (x == Basic::kOther || y == Basic::kOther) return failure("invalid type for comparison");
  if (x == Basic::kInteger && y == Basic::kNatural) {
    return a.integer() < 0 || static_cast<std::uint64_t>(a.integer()) < b.natural();
  }
  if (x == Basic::kNatural && y == Basic::kInteger) {
    return b.integer() >= 0 && a.natural() < static_cast<std::uint64_t>(b.integer());
  }
  if (x != y) return incompatible(a, b);
  switch (x) {
    case Basic::kInteger:
      return a.integer() < b.integer();
    case Basic::kReal:
      return a.real() < b.real();
    case Basic::kText:
      return a.text() < b.text();
    case Basic::kNatural:
      return a.natural() < b.natural();
    default:
      return failure("invalid type for comparison");
  }
}

base::Result<bool> less_or_same(const Value& a, const Value& b) {
  auto is_less = less(a, b);
  if (!is_less || *is_less) return is_less;
  return same(a, b);
}

Outcome truth(const base::Result<bool>& result, bool turned = false) {
  if (!result) return result.error();
  return Value::of(*result != turned);
}

Outcome equal(Call& call) {
  if (call.size() < 2) return failure("missing argument for comparison");
  for (const Value& each : call.from(1)) {
    const auto result = same(call[0], each);
    if (!result || *result) return truth(result);
  }
  return Value::of(false);
}

constexpr BuiltIn kComparisons[] = {
    {"eq", "vv*", equal},
    {"ne", "vv", [](Call& call) { return truth(same(call[0], call[1]), true); }},
    {"lt", "vv", [](Call& call) { return truth(less(call[0], call[1])); }},
    {"le", "vv", [](Call& call) { return truth(less_or_same(call[0], call[1])); }},
    {"gt", "vv", [](Call& call) { return truth(less_or_same(call[0], call[1]), true); }},
    {"ge", "vv", [](Call& call) { return truth(less(call[0], call[1]), true); }},
};

}  // namespace

std::span<const BuiltIn> builtin_functions() { return kFunctions; }

std::span<const BuiltIn> comparison_functions() { return kComparisons; }

}  // namespace tandem::templates
