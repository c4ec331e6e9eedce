#pragma once

// Semantic versions and constraints on them, as the functions semver and semverCompare understand them.
// Any thread; no state.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tandem::templates {

struct Version {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::uint64_t patch = 0;
  std::string prerelease;
  std::string metadata;
  std::string original;

  bool operator==(const Version& other) const;
  /// "1.2.3-rc1+build".
  std::string text() const;
};

/// Accepts a leading v and missing minor and patch numbers.
base::Result<Version> parse_version(std::string_view text);
/// Below zero, zero or above zero; the metadata does not count.
int compare(const Version& a, const Version& b);
/// Whether `version` fulfils constraints such as "^1.2.0", ">=1.2, <2 || ~3.1" or "1.x".
base::Result<bool> fulfils(std::string_view constraints, const Version& version);

}  // namespace tandem::templates
