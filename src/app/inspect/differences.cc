#include "app/inspect/differences.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "config/format/json.h"

namespace tandem::inspect {
namespace {

using format::Array;
using format::Object;
using format::Value;

const Object& members_of(const Value* value) {
  static const Object none;
  return value == nullptr || value->object() == nullptr ? none : *value->object();
}

const Value* member(const Object& object, std::string_view name) {
  const auto found = std::ranges::find(object, name, &format::Member::name);
  return found == object.end() ? nullptr : &found->value;
}

/// JSON without the escapes that only web pages need; a text is shown as it is.
std::string shown(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.data()); text != nullptr && !text->empty()) return *text;
  std::string out = format::serialize_json(value);
  constexpr std::array<std::pair<std::string_view, char>, 3> kEscapes{
      {{"\\u0026", '&'}, {"\\u003c", '<'}, {"\\u003e", '>'}}};
  for (const auto& [escape, plain] : kEscapes) {
    for (std::size_t at = 0; (at = out.find(escape, at)) != std::string::npos; ++at) {
      out.replace(at, escape.size(), 1, plain);
    }
  }
  return out;
}
std::string shown(const Value* value) { return value == nullptr ? std::string() : shown(*value); }

/// Names of both, sorted.
std::set<std::string> names_of(const Object& a, const Object& b) {
  std::set<std::string> names;
  for (const Object* object : {&a, &b}) {
    for (const format::Member& each : *object) names.insert(each.name);
  }
  return names;
}

/// What of `from` is not in `without`, as many times.
std::string rest_of(const Array& from, const Array& without) {
  std::vector<const Value*> left;
  for (const Value& each : without) left.push_back(&each);
  std::vector<std::string> rest;
  for (const Value& each : from) {
    const auto same = std::ranges::find_if(left, [&each](const Value* other) { return *other == each; });
    if (same != left.end()) {
      left.erase(same);
    } else {
      rest.push_back(shown(each));
    }
  }
  return fmt::format("{}", fmt::join(rest, ", "));
}

void compare(const std::string& path, const Value* before, const Value* after, std::vector<ChangedOption>& changes) {
  if (before != nullptr && after != nullptr && *before == *after) return;
  const bool sections =
      before != nullptr && after != nullptr && before->object() != nullptr && after->object() != nullptr;
  if (sections) {
    for (const std::string& name : names_of(*before->object(), *after->object())) {
      compare(path.empty() ? name : path + "." + name, member(*before->object(), name), member(*after->object(), name),
              changes);
    }
    return;
  }
  const Array* old = before == nullptr ? nullptr : before->array();
  const Array* now = after == nullptr ? nullptr : after->array();
  if (old != nullptr && now != nullptr) {
    std::string gone = rest_of(*old, *now);
    std::string come = rest_of(*now, *old);
    // The same elements in another order: told whole.
    if (!gone.empty() || !come.empty()) {
      changes.push_back({path, std::move(gone), std::move(come)});
      return;
    }
  }
  changes.push_back({path, shown(before), shown(after)});
}

}  // namespace

std::vector<ChangedObject> differences(const Value& before, const Value& after) {
  std::vector<ChangedObject> changes;
  for (const std::string& what : names_of(members_of(&before), members_of(&after))) {
    const Object& old = members_of(member(members_of(&before), what));
    const Object& now = members_of(member(members_of(&after), what));
    for (const std::string& name : names_of(old, now)) {
      const Value* const was = member(old, name);
      const Value* const is = member(now, name);
      if (was != nullptr && is != nullptr && *was == *is) continue;
      ChangedObject change{.kind = ChangedObject::Kind::kChanged, .what = what, .name = name, .options = {}};
      if (was == nullptr) {
        change.kind = ChangedObject::Kind::kAdded;
      } else if (is == nullptr) {
        change.kind = ChangedObject::Kind::kRemoved;
      } else {
        compare({}, was, is, change.options);
      }
      changes.push_back(std::move(change));
    }
  }
  return changes;
}

std::string text_of(const std::vector<ChangedObject>& changes) {
  std::string out;
  for (const ChangedObject& change : changes) {
    out += fmt::format("{} {} {}\n", static_cast<char>(change.kind), change.what, change.name);
    for (const ChangedOption& option : change.options) {
      const std::string_view colon = option.path.empty() ? "" : ": ";
      if (option.before.empty()) {
        out += fmt::format("    {}{}+ {}\n", option.path, colon, option.after);
      } else if (option.after.empty()) {
        out += fmt::format("    {}{}- {}\n", option.path, colon, option.before);
      } else {
        out += fmt::format("    {}{}{} -> {}\n", option.path, colon, option.before, option.after);
      }
    }
  }
  return out;
}

Value value_of(const std::vector<ChangedObject>& changes) {
  const auto text = [](std::string from) { return Value(std::move(from), {}); };
  Array all;
  for (const ChangedObject& change : changes) {
    const char* const word = change.kind == ChangedObject::Kind::kAdded     ? "added"
                             : change.kind == ChangedObject::Kind::kRemoved ? "removed"
                                                                            : "changed";
    Array options;
    for (const ChangedOption& option : change.options) {
      options.push_back(
          {Object{{"path", text(option.path)}, {"before", text(option.before)}, {"after", text(option.after)}}, {}});
    }
    all.push_back({Object{{"change", text(word)},
                          {"what", text(change.what)},
                          {"name", text(change.name)},
                          {"options", Value(std::move(options), {})}},
                   {}});
  }
  return {std::move(all), {}};
}

}  // namespace tandem::inspect
