#pragma once

// CredentialCache: which user, password and hash were found to belong together a short while ago, so that a slow hash
// is not computed for every request. It keeps salted digests, no passwords. One core; owned by its middleware.

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <unordered_map>

#include "engine/loop/loop.h"

namespace tandem::middleware {

class CredentialCache {
 public:
  using Key = std::array<unsigned char, 32>;
  /// How long a pair is believed, and how many are kept.
  static constexpr std::chrono::seconds kTime{60};
  static constexpr std::size_t kMost = 1024;

  static Key key_of(std::string_view password, std::string_view hash);
  bool holds(const Key& key, loop::TimePoint now) const;
  void remember(const Key& key, loop::TimePoint now);

 private:
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  std::unordered_map<Key, loop::TimePoint, KeyHash> until_;
};

}  // namespace tandem::middleware
