// Dictionaries.

#include <fmt/format.h>

#include "config/template/functions.h"

namespace tandem::templates {
namespace {

constexpr int kDeepest = 1000;

/// A nil dictionary has no fields.
const Fields* fields_of(const Value& value) { return value.absent() ? nullptr : &value.fields(); }

base::Error nil_map() { return failure("assignment to entry in nil map"); }
base::Error no_map(const Value& value) {
  return failure(fmt::format("interface conversion: interface {{}} is {}, not map[string]interface {{}}",
                             value.absent() ? "nil" : type_name(value)));
}

/// Pays for a new entry.
bool pays(Call& call, std::string_view key) { return call.rendering.spend_bytes(key.size() + 128); }
base::Error unpaid() { return {base::ErrorKind::kLimit, "the template takes too much memory"}; }

Outcome dictionary(Call& call) {
  Value made = call.rendering.heap().map();
  for (std::size_t i = 0; i < call.size(); i += 2) {
    auto key = text_of(call[i]);
    if (!key) return key.error();
    if (!pays(call, *key)) return unpaid();
    made.fields().entries.insert_or_assign(*std::move(key), i + 1 < call.size() ? call[i + 1] : Value::of(""));
  }
  return made;
}

Outcome get(Call& call) {
  const Fields* fields = fields_of(call[0]);
  if (fields == nullptr) return Value::of("");
  const auto found = fields->entries.find(call.text(1));
  return found == fields->entries.end() ? Value::of("") : found->second;
}

Outcome set(Call& call) {
  if (call[0].absent()) return nil_map();
  if (!pays(call, call.text(1))) return unpaid();
  call[0].fields().entries.insert_or_assign(call.text(1), call[2]);
  return call[0];
}

Outcome unset(Call& call) {
  if (!call[0].absent()) call[0].fields().entries.erase(call.text(1));
  return call[0];
}

Outcome has_key(Call& call) {
  const Fields* fields = fields_of(call[0]);
  return Value::of(fields != nullptr && fields->entries.contains(call.text(1)));
}

Outcome pluck(Call& call) {
  List items;
  for (const Value& each : call.from(1)) {
    const Fields* fields = fields_of(each);
    if (fields == nullptr) continue;
    if (const auto found = fields->entries.find(call.text(0)); found != fields->entries.end()) {
      items.push_back(found->second);
    }
  }
  return Value::list(std::move(items));
}

Outcome keys(Call& call) {
  std::vector<std::string> names;
  for (const Value& each : call.arguments) {
    if (const Fields* fields = fields_of(each)) {
      for (const auto& [key, value] : fields->entries) names.push_back(key);
    }
  }
  return Value::strings(names);
}

Outcome values(Call& call) {
  List items;
  if (const Fields* fields = fields_of(call[0])) {
    for (const auto& [key, value] : fields->entries) items.push_back(value);
  }
  return Value::list(std::move(items));
}

Outcome pick(Call& call) {
  Value made = call.rendering.heap().map();
  const Fields* fields = fields_of(call[0]);
  for (const Value& key : call.from(1)) {
    if (fields == nullptr) break;
    const auto found = fields->entries.find(key.text());
    if (!pays(call, key.text())) return unpaid();
    if (found != fields->entries.end()) made.fields().entries.insert(*found);
  }
  return made;
}

Outcome omit(Call& call) {
  Value made = call.rendering.heap().map();
  if (const Fields* fields = fields_of(call[0])) {
    for (const auto& [key, value] : fields->entries) {
      if (!pays(call, key)) return unpaid();
      made.fields().entries.emplace(key, value);
    }
  }
  for (const Value& key : call.from(1)) made.fields().entries.erase(key.text());
  return made;
}

/// Follows keys into dictionaries: dig "a" "b" "else" $dictionary.
Outcome dig(Call& call) {
  if (call.size() < 3) return failure("dig needs at least three arguments");
  Value here = call[call.size() - 1];
  if (!here.is(Type::kMap)) return no_map(here);
  const std::size_t count = call.size() - 2;
  for (std::size_t i = 0; i < count; ++i) {
    if (!call[i].is(Type::kString)) {
      return failure(fmt::format("interface conversion: interface {{}} is {}, not string",
                                 call[i].absent() ? "nil" : type_name(call[i])));
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (!here.is(Type::kMap)) return no_map(here);
    const auto found = here.fields().entries.find(call.text(i));
    if (found == here.fields().entries.end()) return call[count];
    const Value next = found->second;
    here = next;
  }
  return here;
}

/// Merges as the library mergo does.
class Merging {
 public:
  Merging(Call& call, bool overwrite) : call_(call), overwrite_(overwrite) {}

  base::Result<void> merge(Fields& to, const Fields& from, int depth) {
    if (&to == &from) return {};
    if (depth > kDeepest) return base::Error(base::ErrorKind::kLimit, "dictionaries are nested too deeply");
    // A copy: a dictionary may hold what is merged into it.
    const auto entries = from.entries;
    for (const auto& [key, value] : entries) {
      if (!pays(call_, key) || !call_.rendering.spend_steps(1)) return unpaid();
      const auto merged = merge_entry(to, key, value, depth);
      if (!merged) return merged;
    }
    return {};
  }

 private:
  base::Result<void> merge_entry(Fields& to, const std::string& key, const Value& value, int depth) {
    const auto known = to.entries.find(key);
    if (value.absent()) {
      if (overwrite_) to.entries.insert_or_assign(key, value);
      return {};
    }
    const bool empty = known == to.entries.end() || is_empty(known->second);
    if (value.is_map() && known != to.entries.end() && known->second.is_map()) {
      // Both stay where they are: the known one takes what it lacks.
      if (!empty || overwrite_) return merge(known->second.fields(), value.fields(), depth + 1);
    }
    if (empty || overwrite_) to.entries.insert_or_assign(key, value);
    return {};
  }

  Call& call_;
  bool overwrite_;
};

Outcome merged(Call& call, bool overwrite) {
  if (call[0].absent()) return nil_map();
  Merging merging(call, overwrite);
  for (const Value& each : call.from(1)) {
    if (each.absent()) continue;
    const auto done = merging.merge(call[0].fields(), each.fields(), 0);
    if (!done) return done.error();
  }
  return call[0];
}

class Copying {
 public:
  explicit Copying(Call& call) : call_(call) {}

  Outcome copy(const Value& value, int depth) {
    if (depth > kDeepest || !call_.rendering.spend_steps(1) || !call_.rendering.spend_bytes(64)) return unpaid();
    if (value.is_list()) {
      List items;
      for (const Value& each : value.items()) {
        Outcome item = copy(each, depth + 1);
        if (!item) return item;
        items.push_back(*std::move(item));
      }
      return Value::list(std::move(items), value.type());
    }
    if (!value.is_map()) return value;
    Value made = call_.rendering.heap().map(value.type());
    for (const auto& [key, each] : value.fields().entries) {
      if (!pays(call_, key)) return unpaid();
      Outcome item = copy(each, depth + 1);
      if (!item) return item;
      made.fields().entries.emplace(key, *std::move(item));
    }
    return made;
  }

 private:
  Call& call_;
};

Outcome deep_copy(Call& call) {
  if (call[0].absent()) return failure("reflect: call of reflect.Value.Type on zero Value");
  return Copying(call).copy(call[0], 0);
}

constexpr BuiltIn kFunctions[] = {
    {"deepCopy", "a", deep_copy},
    {"dict", "a*", dictionary},
    {"dig", "a*", dig},
    {"get", "ms", get},
    {"hasKey", "ms", has_key},
    {"keys", "m*", keys},
    {"merge", "mm*", [](Call& call) { return merged(call, false); }},
    {"mergeOverwrite", "mm*", [](Call& call) { return merged(call, true); }},
    {"mustDeepCopy", "a", deep_copy},
    {"mustMerge", "mm*", [](Call& call) { return merged(call, false); }},
    {"mustMergeOverwrite", "mm*", [](Call& call) { return merged(call, true); }},
    {"omit", "ms*", omit},
    {"pick", "ms*", pick},
    {"pluck", "sm*", pluck},
    {"set", "msa", set},
    {"unset", "ms", unset},
    {"values", "m", values},
};

}  // namespace

std::span<const BuiltIn> dictionary_functions() { return kFunctions; }

}  // namespace tandem::templates
