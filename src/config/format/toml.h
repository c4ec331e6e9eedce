#pragma once

// TOML 1.0 to Value. Dates and times become strings. Any thread; no state.

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/format/value.h"

namespace tandem::format {

/// Errors are "source:line:column: reason". An empty document is an empty object.
base::Result<Value> parse_toml(std::string_view text, std::string source_name);

}  // namespace tandem::format
