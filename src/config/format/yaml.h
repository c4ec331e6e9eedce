#pragma once

// YAML to Value, read as Go's yaml.v3 reads it into untyped data: only true/false are booleans, `0x10`, `0o17`, `017`
// and `1_000` are integers, a key that appears twice is an error, `<<` merges. Only the first document counts.
// Any thread; no state.

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/format/value.h"

namespace tandem::format {

/// Errors are "source:line:column: reason". An empty document is a Null value. Nesting, and what aliases may expand to,
/// are limited.
base::Result<Value> parse_yaml(std::string_view text, std::string source_name);

}  // namespace tandem::format
