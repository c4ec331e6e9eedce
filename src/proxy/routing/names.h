#pragma once

// Names of configured objects: `name@provider`, and how a reference inside one object finds another. Any thread.

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::routing {

/// How deep services, chains and routers may refer to each other: walking them is recursive.
inline constexpr std::size_t kMaxNesting = 100;

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
