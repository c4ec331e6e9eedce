// eq, ne, lt, le, gt and ge: numbers of different kinds are not compared, but signed with unsigned ones are.

#include <fmt/format.h>

#include "config/template/functions.h"
#include "config/template/print.h"

namespace tandem::templates {
namespace {

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

constexpr BuiltIn kFunctions[] = {
    {"eq", "vv*", equal},
    {"ne", "vv", [](Call& call) { return truth(same(call[0], call[1]), true); }},
    {"lt", "vv", [](Call& call) { return truth(less(call[0], call[1])); }},
    {"le", "vv", [](Call& call) { return truth(less_or_same(call[0], call[1])); }},
    {"gt", "vv", [](Call& call) { return truth(less_or_same(call[0], call[1]), true); }},
    {"ge", "vv", [](Call& call) { return truth(less(call[0], call[1]), true); }},
};

}  // namespace

std::span<const BuiltIn> comparison_functions() { return kFunctions; }

}  // namespace tandem::templates
