#pragma once

// The templates of decode.h and schema.h over Boost.Describe. Include it only in the .cc file that says
// TANDEM_FORMAT_INSTANTIATE(Root) for a root struct; everybody else includes decode.h. What does not depend on the type
// is in decode.cc: a struct becomes a table of its members (StructCodec) that plain functions walk.

#include <concepts>
#include <type_traits>

#include "config/format/codec.h"
#include "config/format/decode.h"
#include "config/format/schema.h"
#include "config/format/traits.h"

namespace tandem::format {

template <class T>
const StructCodec& struct_codec();
template <class T>
void decode_any(const Value& value, T& out, Cursor& at);
template <class T>
Value encode_any(const T& value, bool redact);
template <class T>
void list_not_built(const T& value, const std::string& path, std::vector<std::string>& out);

template <class T>
void decode_list(const Value& value, std::vector<T>& out, Cursor& at) {
  const auto elements = list_elements(value, traits::Section<T>, at);
  if (!elements || elements->empty()) return;  // an empty list means "not said"
  out.clear();
  for (std::size_t i = 0; i < elements->size(); ++i) {
    const auto scope = at.enter_index(i);
    T element{};
    // Traefik takes whatever stands for a struct in a list; only what has members says something.
    if constexpr (traits::Section<T>)
      decode_members(struct_codec<T>(), (*elements)[i], &element, at);
    else
      decode_any((*elements)[i], element, at);
    out.push_back(std::move(element));
  }
}

template <class Map>
void decode_map(const Value& value, Map& out, Cursor& at) {
  using T = typename Map::mapped_type;
  Object from_list;
  const Object* members = map_members(value, from_list, at);
  if (members == nullptr) return;
  for (const auto& [name, element] : *members) {
    if (name.empty() || element.is_null()) continue;
    const auto scope = at.enter(name);
    if constexpr (traits::Section<T>) {
      if (map_section_given(element, struct_codec<T>().type_name, at)) {
        decode_members(struct_codec<T>(), element, &out[name], at);
      }
    } else {
      decode_any(element, out[name], at);
    }
  }
}

/// A member of any type but a section, which decode_section handles (only its parent knows whether it may stand alone).
template <class T>
void decode_any(const Value& value, T& out, Cursor& at) {
  if constexpr (std::same_as<T, Value>) {
    out = value;
  } else if constexpr (traits::kIsOptional<T>) {
    if (value.is_null()) return;
    typename T::value_type element = out ? *out : typename T::value_type{};
    const std::size_t before = at.problems.size();
    decode_any(value, element, at);
    if (at.problems.size() == before) out = std::move(element);
  } else if constexpr (traits::kIsVector<T>) {
    decode_list(value, out, at);
  } else if constexpr (traits::kIsMap<T>) {
    decode_map(value, out, at);
  } else if constexpr (std::same_as<T, bool>) {
    decode_scalar(value, out, at);
  } else if constexpr (traits::Integer<T>) {
    if constexpr (std::is_signed_v<T>) {
      std::int64_t wide = out;
      decode_scalar(value, wide, sizeof(T) * 8, at);
      out = static_cast<T>(wide);
    } else {
      std::uint64_t wide = out;
      decode_scalar(value, wide, sizeof(T) * 8, at);
      out = static_cast<T>(wide);
    }
  } else if constexpr (traits::Section<T>) {
    decode_members(struct_codec<T>(), value, &out, at);
  } else {
    decode_scalar(value, out, at);  // double, std::string, Duration, Secret
  }
}

template <class T>
void decode_section(const Value& value, T& out, bool stand_alone, Cursor& at) {
  using S = typename traits::Strip<T>::Type;
  const Given given = section_given(value, struct_codec<S>().type_name, stand_alone, at);
  if constexpr (traits::kIsOptional<T>) {
    if (given == Given::kDisabled) out.reset();
    if (given != Given::kEnabled) return;
    if (!out) out.emplace();
    decode_members(struct_codec<S>(), value, &*out, at);
  } else if (given == Given::kEnabled) {
    decode_members(struct_codec<S>(), value, &out, at);
  }
}

/// What Go's `omitempty` leaves out. Sections are always shown; absent optionals never.
template <class T>
bool omitted(const T& value) {
  if constexpr (traits::kIsOptional<T>)
    return !value.has_value();
  else if constexpr (traits::kIsVector<T> || traits::kIsMap<T> || std::same_as<T, std::string>)
    return value.empty();
  else if constexpr (std::same_as<T, Secret>)
    return value.value.empty();
  else if constexpr (std::same_as<T, Value>)
    return value.is_null();
  else if constexpr (traits::Section<T>)
    return false;
  else
    return value == T{};
}

template <class T>
Value encode_any(const T& value, bool redact) {
  if constexpr (std::same_as<T, Value>) {
    return value;
  } else if constexpr (traits::kIsOptional<T>) {
    return value ? encode_any(*value, redact) : Value{};
  } else if constexpr (traits::kIsVector<T>) {
    Array out;
    for (const auto& element : value) out.push_back(encode_any<typename T::value_type>(element, redact));
    return {std::move(out), {}};
  } else if constexpr (traits::kIsMap<T>) {
    Object out;
    for (const auto& [name, element] : value) out.push_back({name, encode_any(element, redact)});
    return {std::move(out), {}};
  } else if constexpr (traits::Section<T>) {
    return encode_members(struct_codec<T>(), &value, redact);
  } else if constexpr (traits::Integer<T>) {
    return encode_integer(value);
  } else {
    return encode_scalar(value, redact);
  }
}

template <class T>
void list_not_built(const T& value, const std::string& path, std::vector<std::string>& out) {
  if constexpr (traits::kIsOptional<T>) {
    if (value) list_not_built(*value, path, out);
  } else if constexpr (traits::kIsVector<T>) {
    if constexpr (!traits::Scalar<typename T::value_type>) {
      for (std::size_t i = 0; i < value.size(); ++i)
        list_not_built(value[i], path + "[" + std::to_string(i) + "]", out);
    }
  } else if constexpr (traits::kIsMap<T>) {
    for (const auto& [name, element] : value) list_not_built(element, path.empty() ? name : path + "." + name, out);
  } else if constexpr (traits::Section<T>) {
    static const T kDefaults{};
    members_not_built(struct_codec<T>(), &value, &kDefaults, NotBuiltList{path, out});
  }
}

template <class T>
const Schema& schema_of() {
  static const Schema kSchema = [] {
    using Kind = Schema::Kind;
    Schema schema;
    if constexpr (traits::kIsVector<T>) {
      schema.kind = Kind::kList;
      schema.element = &schema_of<typename T::value_type>;
    } else if constexpr (traits::kIsMap<T>) {
      schema.kind = Kind::kMap;
      schema.element = &schema_of<typename T::mapped_type>;
    } else if constexpr (traits::Section<T>) {
      const T defaults{};
      schema = section_schema(struct_codec<T>(), &defaults);
    } else if constexpr (std::same_as<T, bool>)
      schema.kind = Kind::kBool;
    else if constexpr (traits::Integer<T>)
      schema.kind = Kind::kInteger;
    else if constexpr (std::floating_point<T>)
      schema.kind = Kind::kFloat;
    else if constexpr (std::same_as<T, std::string>)
      schema.kind = Kind::kText;
    else if constexpr (std::same_as<T, Duration>)
      schema.kind = Kind::kDuration;
    else if constexpr (std::same_as<T, Secret>)
      schema.kind = Kind::kSecret;
    return schema;
  }();
  return kSchema;
}

/// The table row of one member; D is Boost.Describe's descriptor.
template <class T, class D>
FieldCodec field_codec() {
  using M = std::remove_cvref_t<decltype(std::declval<T&>().*D::pointer)>;
  using S = typename traits::Strip<M>::Type;
  FieldCodec field;
  field.name = option_name(D::name);
  field.optional = traits::kIsOptional<M>;
  field.stand_alone = traits::may_stand_alone<T>(field.name);
  field.built = traits::is_built<T>(field.name);
  field.always_encoded = traits::always_encoded<T>(field.name);
  field.schema = &schema_of<S>;
  field.decode = [](const Value& value, void* owner, bool stand_alone, Cursor& at) {
    auto& member = static_cast<T*>(owner)->*D::pointer;
    if constexpr (traits::Section<S>)
      decode_section(value, member, stand_alone, at);
    else
      decode_any(value, member, at);
  };
  field.encode = [](const void* owner, bool redact) {
    return encode_any(static_cast<const T*>(owner)->*D::pointer, redact);
  };
  field.omitted = [](const void* owner) { return omitted(static_cast<const T*>(owner)->*D::pointer); };
  field.equal = [](const void* a, const void* b) {
    return static_cast<const T*>(a)->*D::pointer == static_cast<const T*>(b)->*D::pointer;
  };
  field.not_built = [](const void* owner, const std::string& path, std::vector<std::string>& out) {
    list_not_built(static_cast<const T*>(owner)->*D::pointer, path, out);
  };
  return field;
}

template <class T>
const StructCodec& struct_codec() {
  static const StructCodec kCodec = [] {
    StructCodec codec;
    codec.type_name = unqualified(type_name_of<T>());
    using Members = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;
    [&]<class... D>(boost::mp11::mp_list<D...>) {
      (codec.fields.push_back(field_codec<T, D>()), ...);
    }(boost::mp11::mp_rename<Members, boost::mp11::mp_list>{});
    if constexpr (requires { T::kAliases; }) {
      for (const auto& [other, name] : T::kAliases) codec.aliases.push_back({other, name, false});
    }
    if constexpr (requires { T::kSingle; }) {
      for (const auto& [other, name] : T::kSingle) codec.aliases.push_back({other, name, true});
    }
    return codec;
  }();
  return kCodec;
}

template <class T>
void decode(const Value& value, T& out, Problems& problems, std::string path) {
  Cursor at(problems, std::move(path));
  if constexpr (traits::Section<T>) {
    if (!root_given(value, at)) return;
  }
  decode_any(value, out, at);
}

template <class T>
Value encode(const T& value, bool redact) {
  return encode_any(value, redact);
}

template <class T>
// NOLINTNEXTLINE(performance-unnecessary-value-param): declared so for callers that pass nothing
std::vector<std::string> not_built(const T& value, std::string path) {
  std::vector<std::string> out;
  list_not_built(value, path, out);
  return out;
}

}  // namespace tandem::format

/// Put once for each root struct, outside of namespaces, in a .cc file.
#define TANDEM_FORMAT_INSTANTIATE(T)                                                                                 \
  template void tandem::format::decode<T>(const tandem::format::Value&, T&, tandem::format::Problems&, std::string); \
  template tandem::format::Value tandem::format::encode<T>(const T&, bool);                                          \
  template std::vector<std::string> tandem::format::not_built<T>(const T&, std::string);                             \
  template const tandem::format::Schema& tandem::format::schema_of<T>();
