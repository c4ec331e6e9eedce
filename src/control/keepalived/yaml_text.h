#pragma once

// Writes a tree as YAML for people: block style, short lists of scalars on one line. Any thread; no state.

#include <string>

#include "config/format/value.h"

namespace tandem::keepalived {

/// Ends with a line break; nothing for an empty object.
std::string yaml_text(const format::Value& value);

}  // namespace tandem::keepalived
