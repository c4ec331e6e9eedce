#include "config/format/decode.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "config/format/codec.h"
#include "config/format/json.h"
#include "config/format/scalar.h"

namespace tandem::format {

namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// True when the leaves have no type: the value came from labels, flags, the environment or a KV store.
bool from_flat_source(const Value& value) {
  if (std::holds_alternative<Value::Text>(value.data())) return true;
  if (const Object* members = value.object()) return !members->empty() && from_flat_source(members->front().value);
  if (const Array* elements = value.array()) return !elements->empty() && from_flat_source(elements->front());
  return false;
}

const FieldCodec* find_field(const StructCodec& codec, std::string_view name) {
  const auto found = std::ranges::find_if(
      codec.fields, [name](const FieldCodec& field) { return base::equal_ignoring_case(field.name, name); });
  return found == codec.fields.end() ? nullptr : &*found;
}

const StructCodec::Alias* find_alias(const StructCodec& codec, const Member& member) {
  for (const auto& alias : codec.aliases) {
    if (!base::equal_ignoring_case(alias.other, member.name)) continue;
    if (!alias.single || from_flat_source(member.value)) return &alias;
  }
  return nullptr;
}

void report_unknown(const StructCodec& codec, const Member& member, Cursor& at) {
  std::vector<std::string_view> names;
  for (const auto& field : codec.fields) names.push_back(field.name);
  const auto close = base::nearest(member.name, names);
  std::string suggestion;
  if (!close.empty()) suggestion.append("did you mean \"").append(close).append("\"?");
  const auto scope = at.enter(member.name);
  at.problem(member.value, "field not found, node: " + member.name, std::move(suggestion));
}

/// The text that a section has beside its members.
std::string own_text(const Value& value) {
  if (const Object* members = value.object()) {
    for (const auto& member : *members) {
      if (member.name.empty()) return scalar_text(member.value).value_or("");
    }
    return {};
  }
  return scalar_text(value).value_or("");
}

bool has_members(const Value& value) {
  const Object* members = value.object();
  return members != nullptr && std::ranges::any_of(*members, [](const Member& member) {
           return !member.name.empty() && !member.value.is_null();
         });
}

void report_stand_alone(const Value& value, std::string_view type, Cursor& at) {
  at.problem(value, at.name() + " cannot be a standalone element (type " + std::string(type) + ")");
}

Array split_text(const std::string& text, const Position& position) {
  Array out;
  if (text.empty()) return out;
  for (const auto piece : base::split(text, ',')) {
    out.push_back({Value::Text{std::string(base::trimmed(piece))}, position});
  }
  return out;
}

/// The text of a scalar; reports lists and sections in its place. Null says nothing.
std::optional<std::string> wanted_scalar(const Value& value, Cursor& at) {
  if (value.is_null()) return std::nullopt;
  if (value.array() != nullptr) {
    at.problem(value, "a list cannot be used as a single value");
    return std::nullopt;
  }
  if (const Object* members = value.object()) {
    if (has_members(value)) {
      // Traefik's words for it: the scalar has no such field.
      const auto inner = std::ranges::find_if(*members, [](const Member& member) { return !member.name.empty(); });
      const auto scope = at.enter(inner->name);
      at.problem(inner->value, "field not found, node: " + inner->name);
      return std::nullopt;
    }
    if (members->empty()) {
      at.problem(value, "a section cannot be used as a single value");
      return std::nullopt;
    }
    return own_text(value);
  }
  return scalar_text(value);
}

template <class T>
void take(const Value& value, base::Result<T> parsed, auto& out, Cursor& at) {
  if (parsed)
    out = *parsed;
  else
    at.problem(value, parsed.error().message());
}

}  // namespace

std::string Problem::text() const {
  std::string out = position.text();
  // A flag is named by its path already.
  const bool named = position.source != nullptr && position.line == 0 && !path.empty() && out.ends_with("--" + path);
  if (!path.empty() && !named) out.append(out.empty() ? "" : ": ").append(path);
  out.append(out.empty() ? "" : ": ").append(message);
  if (!suggestion.empty()) out.append(" (").append(suggestion).append(")");
  return out;
}

Cursor::Scope Cursor::enter(std::string_view name) {
  const std::size_t length = path_.size();
  if (!path_.empty()) path_ += '.';
  path_ += name;
  return {*this, length, std::exchange(name_, std::string(name))};
}

Cursor::Scope Cursor::enter_index(std::size_t index) {
  const std::size_t length = path_.size();
  const std::string name = "[" + std::to_string(index) + "]";
  path_ += name;
  return {*this, length, std::exchange(name_, name)};
}

void Cursor::problem(const Value& where, std::string message, std::string suggestion) {
  problems.push_back({where.position(), path_, std::move(message), std::move(suggestion)});
}

std::string_view option_name(std::string_view member) {
  if (member.ends_with('_')) member.remove_suffix(1);
  return member;
}

std::string_view unqualified(std::string_view type_name) {
  const auto colon = type_name.rfind(':');
  return colon == std::string_view::npos ? type_name : type_name.substr(colon + 1);
}

void decode_members(const StructCodec& codec, const Value& value, void* owner, Cursor& at) {
  const Object* members = value.object();
  if (members == nullptr) return;
  for (const auto& member : *members) {
    if (member.name.empty() || member.value.is_null()) continue;
    const FieldCodec* field = find_field(codec, member.name);
    const StructCodec::Alias* alias = field == nullptr ? find_alias(codec, member) : nullptr;
    if (alias != nullptr) field = find_field(codec, alias->name);
    if (field == nullptr) {
      report_unknown(codec, member, at);
      continue;
    }
    const auto scope = at.enter(member.name);
    if (alias != nullptr && alias->single) {
      field->decode({Array{member.value}, member.value.position()}, owner, field->stand_alone, at);
    } else {
      field->decode(member.value, owner, field->stand_alone, at);
    }
  }
}

Value encode_members(const StructCodec& codec, const void* owner, bool redact) {
  Object out;
  for (const auto& field : codec.fields) {
    if (!field.always_encoded && field.omitted(owner)) continue;
    out.push_back({std::string(field.name), field.encode(owner, redact)});
  }
  return {std::move(out), {}};
}

void members_not_built(const StructCodec& codec, const void* owner, const void* defaults, NotBuiltList list) {
  for (const auto& field : codec.fields) {
    std::string path = list.path;
    if (!path.empty()) path += '.';
    path += field.name;
    if (field.built)
      field.not_built(owner, path, list.out);
    else if (!field.equal(owner, defaults))
      list.out.push_back(std::move(path));
  }
}

Schema section_schema(const StructCodec& codec, const void* defaults) {
  Schema out;
  out.kind = Schema::Kind::kSection;
  out.type_name = codec.type_name;
  for (const auto& from : codec.fields) {
    auto& field = out.fields.emplace_back();
    field.name = from.name;
    field.optional = from.optional;
    field.stand_alone = from.stand_alone;
    field.built = from.built;
    field.schema = from.schema;
    for (const auto& alias : codec.aliases) {
      if (alias.name == from.name) field.aliases.emplace_back(alias.other);
    }
    const Value initial = from.encode(defaults, false);
    if (!initial.is_null()) field.default_json = serialize_json(initial);
  }
  return out;
}

Given section_given(const Value& value, std::string_view type_name, bool stand_alone, Cursor& at) {
  if (value.is_null()) return Given::kAbsent;
  if (value.array() != nullptr) {
    at.problem(value, "a list cannot be used as a section");
    return Given::kAbsent;
  }
  if (!stand_alone) {
    if (has_members(value)) return Given::kEnabled;
    report_stand_alone(value, "*" + std::string(type_name), at);
    return Given::kAbsent;
  }
  const std::string text = own_text(value);
  return text.empty() || base::equal_ignoring_case(text, "true") ? Given::kEnabled : Given::kDisabled;
}

bool map_section_given(const Value& value, std::string_view, Cursor& at) {
  if (value.array() != nullptr) {
    at.problem(value, "a list cannot be used as a section");
    return false;
  }
  return true;  // Traefik lets any word stand for an entry that is all defaults
}

bool root_given(const Value& value, Cursor& at) {
  if (value.is_null()) return false;
  if (value.object() != nullptr) return true;
  at.problem(value, "a section with options is wanted here");
  return false;
}

std::optional<Array> list_elements(const Value& value, bool of_sections, Cursor& at) {
  Array out;
  if (const Array* elements = value.array()) {
    std::ranges::copy_if(*elements, std::back_inserter(out), [](const Value& each) { return !each.is_null(); });
    return out;
  }
  if (const Object* members = value.object()) {
    for (const auto& [name, element] : *members) {
      if (name.empty() || element.is_null()) continue;
      if (!of_sections && !all_digits(name)) {
        const auto scope = at.enter(name);
        at.problem(element, "field not found, node: " + name);
        return std::nullopt;
      }
      out.push_back(element);
    }
    if (out.empty() && !members->empty() && !of_sections) return split_text(own_text(value), value.position());
    return out;
  }
  if (value.is_null()) return out;
  const std::string text = scalar_text(value).value_or("");
  if (!of_sections) return split_text(text, value.position());
  if (text.empty()) return out;
  at.problem(value, "invalid slice: node " + at.name());
  return std::nullopt;
}

const Object* map_members(const Value& value, Object& from_list, Cursor& at) {
  if (const Object* members = value.object()) return members;
  if (const Array* elements = value.array()) {  // Traefik names what has no name
    for (std::size_t i = 0; i < elements->size(); ++i) {
      from_list.push_back({"[" + std::to_string(i) + "]", (*elements)[i]});
    }
    return &from_list;
  }
  if (!value.is_null()) report_stand_alone(value, "map", at);
  return nullptr;
}

void decode_scalar(const Value& value, bool& out, Cursor& at) {
  if (const auto text = wanted_scalar(value, at)) take(value, parse_bool(*text), out, at);
}
void decode_scalar(const Value& value, std::int64_t& out, int bits, Cursor& at) {
  if (const auto text = wanted_scalar(value, at)) take(value, parse_integer(*text, bits), out, at);
}
void decode_scalar(const Value& value, std::uint64_t& out, int bits, Cursor& at) {
  if (const auto text = wanted_scalar(value, at)) take(value, parse_unsigned(*text, bits), out, at);
}
void decode_scalar(const Value& value, double& out, Cursor& at) {
  if (const auto text = wanted_scalar(value, at)) take(value, parse_float(*text), out, at);
}
void decode_scalar(const Value& value, std::string& out, Cursor& at) {
  if (auto text = wanted_scalar(value, at)) out = *std::move(text);
}
void decode_scalar(const Value& value, Duration& out, Cursor& at) {
  if (const auto text = wanted_scalar(value, at)) take(value, parse_duration(*text), out, at);
}
void decode_scalar(const Value& value, Secret& out, Cursor& at) {
  if (auto text = wanted_scalar(value, at)) out.value = *std::move(text);
}

Value encode_scalar(bool value, bool) { return {value, {}}; }
Value encode_integer(std::int64_t value) { return {value, {}}; }
Value encode_scalar(double value, bool) { return {value, {}}; }
Value encode_scalar(const std::string& value, bool) { return {value, {}}; }
Value encode_scalar(const Duration& value, bool) { return {format_duration(value.value), {}}; }
Value encode_scalar(const Secret& value, bool redact) {
  return {redact && !value.value.empty() ? std::string("xxxx") : value.value, {}};
}

std::optional<std::string> scalar_text(const Value& value) {
  const auto& data = value.data();
  if (const auto* text = std::get_if<Value::Text>(&data)) return text->text;
  if (const auto* text = std::get_if<std::string>(&data)) return *text;
  if (const auto* boolean = std::get_if<bool>(&data)) return *boolean ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&data)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&data)) return format_float(*number);
  return std::nullopt;
}

}  // namespace tandem::format
