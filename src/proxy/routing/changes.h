#pragma once

// Changes: which objects of a configuration are not what they were in the one before, directly or through what they
// refer to. Lives while a snapshot is built; control thread.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "config/format/shared_map.h"

namespace tandem::routing {

/// Qualified names of objects that were added, removed or changed.
using ChangedNames = std::set<std::string, std::less<>>;

/// Adds the names whose values differ between two maps.
template <class Map>
void add_differences(const Map& before, const Map& after, ChangedNames& changed) {
  auto old = before.begin();
  auto now = after.begin();
  while (old != before.end() || now != after.end()) {
    const int order = old == before.end() ? 1 : now == after.end() ? -1 : old->first.compare(now->first);
    if (order < 0) {
      changed.insert((old++)->first);
    } else if (order > 0) {
      changed.insert((now++)->first);
    } else {
      if (!(old->second == now->second)) changed.insert(now->first);
      ++old;
      ++now;
    }
  }
}

/// The same where unchanged objects are the same ones.
template <class T>
void add_differences(const format::SharedMap<T>& before, const format::SharedMap<T>& after, ChangedNames& changed) {
  format::SharedMap<T>::compare(before, after, [&changed](const auto* old, const auto* now) {
    if (old == nullptr || now == nullptr || !(old->second == now->second)) changed.insert((now ? now : old)->first);
  });
}

}  // namespace tandem::routing
