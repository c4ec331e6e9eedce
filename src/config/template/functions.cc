#include "config/template/functions.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "config/template/print.h"

namespace tandem::templates {
namespace {

constexpr std::size_t kMostSteps = 10'000'000;
constexpr std::size_t kMostBytes = std::size_t{256} << 20;

using Table = std::unordered_map<std::string_view, const BuiltIn*>;

const Table& table() {
  static const Table functions = [] {
    Table made;
    for (const auto& group : {builtin_functions(), comparison_functions(), text_functions(), word_functions(),
                              list_functions(), dictionary_functions(), math_functions(), kind_functions(),
                              encoding_functions(), crypto_functions(), certificate_functions(), regex_functions(),
                              path_functions(), date_functions(), version_functions(), random_functions()}) {
      for (const BuiltIn& each : group) made.emplace(each.name, &each);
    }
    return made;
  }();
  return functions;
}

}  // namespace

bool Rendering::spend_steps(std::size_t steps) { return (steps_ += steps) <= kMostSteps; }

bool Rendering::spend_bytes(std::size_t bytes) { return (bytes_ += bytes) <= kMostBytes; }

const BuiltIn* find_function(std::string_view name) {
  const auto found = table().find(name);
  return found == table().end() ? nullptr : found->second;
}

std::vector<std::string_view> function_names() {
  std::vector<std::string_view> names;
  for (const auto& [name, function] : table()) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

Outcome call_function(const BuiltIn& function, Call& call) {
  std::size_t size = 1;
  for (const Value& each : call.arguments) {
    if (each.is(Type::kString) || each.is_sequence() || each.is_map()) size += each.size() / 16;
  }
  if (!call.rendering.spend_steps(size)) return base::Error(base::ErrorKind::kLimit, "the template takes too long");
  Outcome outcome = function.run(call);
  if (outcome && !call.rendering.spend_bytes(outcome->fresh_bytes())) {
    return base::Error(base::ErrorKind::kLimit, "the template takes too much memory");
  }
  if (outcome && outcome->depth() > 1000) return base::Error(base::ErrorKind::kLimit, "lists are nested too deeply");
  return outcome;
}

base::Error failure(std::string message) { return {base::ErrorKind::kInvalid, std::move(message)}; }

base::Result<std::string> text_of(const Value& value) {
  if (value.is(Type::kString) || value.is(Type::kBytes)) return value.text();
  return shown(value);
}

bool is_empty(const Value& value) { return !value.truth(); }

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (&part != parts.data()) text += separator;
    text += part;
  }
  return text;
}

base::Result<std::vector<std::string>> texts_of(const Value& value) {
  std::vector<std::string> texts;
  if (value.absent()) return texts;
  if (!value.is_sequence()) {
    auto text = text_of(value);
    if (!text) return text.error();
    texts.push_back(*std::move(text));
    return texts;
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    const Value each = value.at(i);
    if (each.absent()) continue;
    auto text = text_of(each);
    if (!text) return text.error();
    texts.push_back(*std::move(text));
  }
  return texts;
}

std::string_view parameter_type(char parameter) {
  switch (parameter) {
    case 's':
      return "string";
    case 'i':
      return "int";
    case 'u':
      return "uint32";
    case 'b':
      return "bool";
    case 'f':
      return "float64";
    case 'm':
      return "map[string]interface {}";
    case 'l':
      return "[]interface {}";
    case 't':
      return "time.Time";
    case 'c':
      return "sprig.certificate";
    case 'V':
      return "*semver.Version";
    default:
      return "interface {}";
  }
}

bool accepts(char parameter, const Value& value) {
  switch (parameter) {
    case 's':
      return value.is(Type::kString);
    case 'i':
      return value.is(Type::kInt);
    case 'b':
      return value.is(Type::kBool);
    case 'f':
      return value.is(Type::kFloat);
    case 'm':
      return value.is(Type::kMap);
    case 'l':
      return value.is(Type::kList);
    case 't':
      return value.is(Type::kTime);
    case 'V':
      return value.is(Type::kVersion);
    case 'c':
      return value.is(Type::kStruct) && value.fields().type_name == parameter_type(parameter);
    case 'u':
      return false;
    default:
      return true;
  }
}

bool may_be_nil(char parameter) { return std::string_view("avmlV").contains(parameter); }

}  // namespace tandem::templates
