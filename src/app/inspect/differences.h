#pragma once

// What differs between two configurations, as trees (section, kind, name, options), told object by object and option by
// option. Pure function; any thread.

#include <string>
#include <vector>

#include "config/format/value.h"

namespace tandem::inspect {

/// One option of a changed object. Texts as they are, other values as JSON; empty: not set.
struct ChangedOption {
  std::string path;  ///< "loadBalancer.servers"
  std::string before;
  std::string after;
};

struct ChangedObject {
  enum class Kind : char { kAdded = '+', kRemoved = '-', kChanged = '~' };
  Kind kind = Kind::kChanged;
  std::string what;  ///< "router", "TCP service", "entry point", "option"
  std::string name;
  std::vector<ChangedOption> options;  ///< of changed ones
};

/// Trees: {"router": {NAME: options}, "TCP service": …}. Lists are told by what went and what came.
std::vector<ChangedObject> differences(const format::Value& before, const format::Value& after);

std::string text_of(const std::vector<ChangedObject>& changes);
format::Value value_of(const std::vector<ChangedObject>& changes);

}  // namespace tandem::inspect
