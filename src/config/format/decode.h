#pragma once

// Strict decoding of a Value tree into described structs (described.h) and encoding back. All problems of a tree are
// reported, not the first only. Any thread; no state.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/format/described.h"
#include "config/format/value.h"

namespace tandem::format {

/// One thing wrong with a configuration, in a form for people and machines.
struct Problem {
  Position position;
  std::string path;        ///< key path from the root: "http.routers.web.rule"
  std::string message;     ///< what is wrong: "field not found"
  std::string suggestion;  ///< what would be right, e.g. the nearest known key; may be empty

  /// "file:line:column: path: message (suggestion)".
  std::string text() const;
};
using Problems = std::vector<Problem>;

// The templates live in decode_impl.h, which only the .cc files that instantiate decode<T> include.

/// Decodes `value` over `out` (which holds the defaults). Problems are appended; what decoded well is kept in `out`.
/// Key matching ignores case; unknown keys are problems "field not found, node: KEY" with the nearest known key.
template <class T>
void decode(const Value& value, T& out, Problems& problems, std::string path = {});

/// The reverse: members equal to their default are left out where Traefik's JSON says `omitempty`
/// (empty strings, empty lists and maps, zero numbers, false, absent optionals). Secrets become "xxxx" when `redact`.
template <class T>
Value encode(const T& value, bool redact);

/// Key paths of options listed in kNotBuilt that differ from their default.
template <class T>
std::vector<std::string> not_built(const T& value, std::string path = {});

}  // namespace tandem::format
