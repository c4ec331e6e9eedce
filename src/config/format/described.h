#pragma once

// The conventions of described structs: the one place where an option's name, type and default are stated.
//
//   /// Adds a prefix to the path (Traefik: http.middlewares.NAME.addPrefix).
//   struct AddPrefix {
//     std::string prefix;  ///< Text put before the path; obligatory.
//     bool operator==(const AddPrefix&) const = default;
//   };
//   BOOST_DESCRIBE_STRUCT(AddPrefix, (), (prefix))
//
// - A member carries the option's own spelling (entryPoints, rootCAs), so that decoder, encoder, documentation and grep
//   agree; where that is a C++ keyword it ends in `_`, which the codec drops.
// - Types: bool, std::int64_t (and narrower ints), double, std::string, Duration, Secret, std::vector<T>,
//   std::map<std::string, T>, SharedMap<T> (the same to users), another described struct, std::optional<T> (absent
//   differs from default: Traefik's pointers).
// - A member's initialiser is its default. For std::optional<Struct>, defaults apply as soon as the section is present.
// - By default an empty section (`x: {}`, `--x`, `x=true`) is refused ("x cannot be a standalone element") for an
// optional
//   struct; the parent lists those that may stand alone: static constexpr std::array kMayStandAlone{"api", "ping"}.
// - Options that are decoded but do nothing yet are listed by the struct that holds them:
//   static constexpr std::array kNotBuilt{"http3"}; start-up and `tandem check` name those that are set.
// - Further optional lists: kAliases{std::pair{"old", "new"}} (another spelling of a member);
// kSingle{std::pair{"server",
//   "servers"}} (in labels the first key holds the only element of the list); kAlwaysEncoded{"status"} (shown by the
//   API even when empty; Go fields without omitempty). All lists hold std::string_view or const char* in the option's
//   spelling.
// - A member of type Value takes any tree as it is (the options of plugins).
// - An empty list leaves the default untouched, as in Traefik. The empty text does not.
// Any thread; plain values.

#include <array>
#include <boost/describe.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::format {

/// A duration as Go writes it ("1h2m3.5s"); a bare integer means seconds.
struct Duration {
  std::chrono::nanoseconds value{0};
  constexpr Duration() = default;
  constexpr Duration(std::chrono::nanoseconds v) : value(v) {}  // NOLINT(google-explicit-constructor)
  bool operator==(const Duration&) const = default;
};

/// A text that the API, logs and history never show.
struct Secret {
  std::string value;
  bool operator==(const Secret&) const = default;
};

}  // namespace tandem::format
