// Kinds, defaults and the environment.

#include <algorithm>
#include <cstdlib>

#include "config/template/functions.h"
#include "config/template/print.h"

namespace tandem::templates {
namespace {

std::string environment(Call& call, const std::string& name) {
  const auto& read = call.rendering.surroundings().environment;
  if (read) return read(name).value_or("");
  const char* value = name.contains('\0') ? nullptr : std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? "" : value;
}

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Go's os.Expand: $name, ${name}, and the special parameters of a shell, which are one character long.
Outcome expand(Call& call) {
  const std::string& text = call.text(0);
  std::string result;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] != '$' || at + 1 >= text.size()) {
      result += text[at++];
      continue;
    }
    const char next = text[at + 1];
    if (next == '{') {
      const std::size_t close = text.find('}', at + 2);

      if (close == std::string::npos) {
        at += 2;  // "${" without an end is eaten
      } else if (close == at + 2) {
        at += 3;
      } else {
        const std::string name = text.substr(at + 2, close - at - 2);
        result += environment(call, name);
        at = close + 1;
      }
    } else if (std::string_view("*#$@!?-0123456789").contains(next)) {
      result += environment(call, std::string(1, next));
      at += 2;
    } else {
      std::size_t end = at + 1;
      while (end < text.size() && is_name(text[end])) ++end;
      // A $ before anything else stays.
      if (end == at + 1) {
        result += '$';
      } else {
        result += environment(call, text.substr(at + 1, end - at - 1));
      }
      at = end;
    }
    if (result.size() > kLargestText) return too_large();
  }
  return Value::of(std::move(result));
}

Outcome coalesce(Call& call) {
  for (const Value& each : call.arguments) {
    if (!is_empty(each)) return each;
  }
  return Value::nil();
}

Outcome compared(Call& call) {
  const auto same = deep_equal(call[0], call[1]);
  if (!same) return failure("values are too large to compare");
  return Value::of(*same);
}

Outcome as_text(Call& call) {
  auto text = text_of(call[0]);
  if (!text) return text.error();
  return Value::of(*std::move(text));
}

constexpr BuiltIn kFunctions[] = {
    {"all", "a*", [](Call& call) -> Outcome { return Value::of(std::ranges::none_of(call.arguments, is_empty)); }},
    {"any", "a*", [](Call& call) -> Outcome { return Value::of(!std::ranges::all_of(call.arguments, is_empty)); }},
    {"coalesce", "a*", coalesce},
    {"deepEqual", "aa", compared},
    {"default", "aa*", [](Call& call) -> Outcome { return call.size() < 2 || is_empty(call[1]) ? call[0] : call[1]; }},
    {"empty", "a", [](Call& call) -> Outcome { return Value::of(is_empty(call[0])); }},
    {"env", "s", [](Call& call) -> Outcome { return Value::of(environment(call, call.text(0))); }},
    {"expandenv", "s", expand},
    {"fail", "s", [](Call& call) -> Outcome { return failure(call.text(0)); }},
    {"kindIs", "sa", [](Call& call) -> Outcome { return Value::of(call.text(0) == kind_name(call[1])); }},
    {"kindOf", "a", [](Call& call) -> Outcome { return Value::of(kind_name(call[0])); }},
    {"ternary", "aab", [](Call& call) -> Outcome { return call[2].boolean() ? call[0] : call[1]; }},
    {"toString", "a", as_text},
    {"typeIs", "sa", [](Call& call) -> Outcome { return Value::of(call.text(0) == type_name(call[1])); }},
    {"typeIsLike", "sa",
     [](Call& call) -> Outcome {
       const std::string type = type_name(call[1]);
       return Value::of(call.text(0) == type || "*" + call.text(0) == type);
     }},
    {"typeOf", "a", [](Call& call) -> Outcome { return Value::of(type_name(call[0])); }},
};

}  // namespace

std::span<const BuiltIn> kind_functions() { return kFunctions; }

}  // namespace tandem::templates
