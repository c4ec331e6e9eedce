#pragma once

// Requirement: what every request that a predicate accepts has in common, as far as an index can use it: one of several
// hosts, one of several paths or path prefixes. Values whose texts belong to the predicate.

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "proxy/match/predicate.h"

namespace tandem::match {

struct HostKey {
  HostKey() = default;
  HostKey(std::string_view host, bool is_suffix) : text(host), suffix(is_suffix), hash(hash_of(host, is_suffix)) {}
  static std::size_t hash_of(std::string_view text, bool suffix) {
    return std::hash<std::string_view>{}(text) * 2 + (suffix ? 1 : 0);
  }

  std::string_view text;
  bool suffix = false;   ///< `text` follows the first label, else it is the host; no final dot
  std::size_t hash = 0;  ///< known before an index is built of many
};

struct PathKey {
  std::string_view text;
  bool exact = false;  ///< else a prefix
};

/// Empty optionals: anything.
struct Requirement {
  std::optional<std::vector<HostKey>> hosts;
  std::optional<std::vector<PathKey>> paths;
  /// The predicate asks for nothing else: whatever has one of the hosts and one of the paths is accepted.
  bool sufficient = false;
};

Requirement requirement_of(const Predicate& predicate);

}  // namespace tandem::match
