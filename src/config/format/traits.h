#pragma once

// Compile-time questions about described structs and the types of their members. For decode_impl.h. Any thread; no
// state.

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/format/described.h"
#include "config/format/shared_map.h"

namespace tandem::format {

namespace traits {

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T>
inline constexpr bool kIsMap = false;
template <class T>
inline constexpr bool kIsMap<std::map<std::string, T>> = true;
template <class T>
inline constexpr bool kIsMap<SharedMap<T>> = true;

template <class T>
struct Strip {
  using Type = T;
};
template <class T>
struct Strip<std::optional<T>> {
  using Type = T;
};

template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;
template <class T>
concept Scalar = std::integral<T> || std::floating_point<T> || std::same_as<T, std::string> ||
                 std::same_as<T, Duration> || std::same_as<T, Secret>;
template <class T>
concept Section = boost::describe::has_describe_members<T>::value && !Scalar<T>;

template <class List>
constexpr bool contains(const List& list, std::string_view name) {
  for (const std::string_view each : list) {
    if (each == name) return true;
  }
  return false;
}

// One question each, since a described struct may or may not have the list.
template <class T>
constexpr bool may_stand_alone(std::string_view name) {
  if constexpr (requires { T::kMayStandAlone; })
    return contains(T::kMayStandAlone, name);
  else
    return false;
}
template <class T>
constexpr bool is_built(std::string_view name) {
  if constexpr (requires { T::kNotBuilt; })
    return !contains(T::kNotBuilt, name);
  else
    return true;
}
template <class T>
constexpr bool always_encoded(std::string_view name) {
  if constexpr (requires { T::kAlwaysEncoded; })
    return contains(T::kAlwaysEncoded, name);
  else
    return false;
}

}  // namespace traits

}  // namespace tandem::format
