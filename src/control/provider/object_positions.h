#pragma once

// ObjectPositions: where the objects of a file stand, kept right while lines above them come and go. Control thread;
// owned by the file's content.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/format/value.h"

namespace tandem::provider {

/// Where an option stands: in which file and line, and its key path there.
struct Place {
  format::Position position;  ///< without source: nowhere
  std::string path;
};

inline bool is_known(const format::Position& position) { return position.source != nullptr; }
inline bool is_known(const Place& place) { return is_known(place.position); }

/// What `look` returns (a Position or a Place) for the first of `holders` (files, providers) that knows it; without
/// source when none does.
template <class Holders, class Look>
auto first_known(Holders&& holders, Look look) {
  for (const auto& holder : holders) {
    if (auto found = look(holder); is_known(found)) return found;
  }
  return decltype(look(*std::begin(holders)))();
}

class ObjectPositions {
 public:
  /// `path`: section, kind and name, the first two in lower case ("http.routers.Web"); "tls.certificates[0]".
  void set(std::string path, format::Position position);
  void erase(std::string_view path);
  std::vector<std::string> paths() const;
  /// Without source when there is no such object.
  format::Position find(std::string_view path) const;
  /// What stands on `first_line` or below is `lines` further down now (negative: up).
  void shift(std::uint32_t first_line, std::int64_t lines);

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  struct Placed {
    format::Position position;
    std::size_t shifts;  // that were known when it was set
  };
  struct Shift {
    std::uint32_t first_line;
    std::int64_t lines;
  };

  format::Position moved(const Placed& placed) const;

  std::unordered_map<std::string, Placed, Hash, std::equal_to<>> placed_;
  std::vector<Shift> shifts_;
};

}  // namespace tandem::provider
