#pragma once

// Names of configured objects: `name@provider`, and how a reference inside one object finds another. Any thread.

#include <string>
#include <string_view>

namespace tandem::routing {

/// The provider of a qualified name: what follows its last '@'.
inline std::string_view provider_of(std::string_view qualified) {
  const std::size_t at = qualified.rfind('@');
  return at == std::string_view::npos ? std::string_view{} : qualified.substr(at + 1);
}

/// What `reference` means inside the object `owner`: itself when it names a provider, else the owner's provider's object.
inline std::string qualified_reference(std::string_view reference, std::string_view owner) {
  std::string name(reference);
  if (reference.find('@') != std::string_view::npos) return name;
  const std::string_view provider = provider_of(owner);
  if (provider.empty()) return name;
  name += '@';
  name += provider;
  return name;
}

}  // namespace tandem::routing
