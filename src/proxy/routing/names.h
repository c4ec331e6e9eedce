#pragma once

// Names of configured objects: `name@provider`, and how a reference inside one object finds another. Any thread.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace tandem::routing {

/// How deep services, chains and routers may refer to each other: walking them is recursive.
inline constexpr std::size_t kMaxNesting = 100;

/// The largest priority a user may give: those above are tandem's own routers'.
inline constexpr std::int64_t kMaxUserPriority = std::numeric_limits<std::int64_t>::max() - 1000;

/// What is wrong with a service of several kinds.
inline constexpr std::string_view kSeveralKinds =
    "cannot create service: multi-types service not supported, consider declaring two different pieces of service "
    "instead";

/// The object of that name among objects sorted by name; null when there is none.
template <class Object>
const Object* find_named(std::span<const Object> objects, std::string_view name) {
  const auto found = std::ranges::lower_bound(objects, name, {}, &Object::name);
  return found != objects.end() && found->name == name ? &*found : nullptr;
}

/// The provider of a qualified name: what follows its first '@'.
inline std::string_view provider_of(std::string_view qualified) {
  const std::size_t at = qualified.find('@');
  return at == std::string_view::npos ? std::string_view{} : qualified.substr(at + 1);
}

/// What `reference` means inside the object `owner`: itself when it names a provider, else the object of the owner's
/// provider. Of an owner `a@b@c` that is `b`, as in Traefik.
inline std::string qualified_reference(std::string_view reference, std::string_view owner) {
  std::string name(reference);
  if (reference.find('@') != std::string_view::npos) return name;
  std::string_view provider = provider_of(owner);
  provider = provider.substr(0, provider.find('@'));
  if (provider.empty()) return name;
  name += '@';
  name += provider;
  return name;
}

}  // namespace tandem::routing
