#pragma once

// JSON to Value and back. Boost.JSON reads; the writer is ours, since the API's JSON must be what Go's encoding/json
// writes. Values carry the source but no line (the parser does not tell); syntax errors carry line and column.
// Any thread; no state.

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/format/value.h"

namespace tandem::format {

/// Errors are "source:line:column: reason". Nesting is limited to kMaxDepth (source.h).
base::Result<Value> parse_json(std::string_view text, std::string source_name);

/// Compact, members in the given order, escaped as Go does with HTML escaping on: < > & U+2028 U+2029 become \uXXXX,
/// invalid UTF-8 becomes \ufffd. Text becomes a string, numbers that JSON cannot express become null.
std::string serialize_json(const Value& value);
/// The same with two blanks of indentation a level and one member a line.
std::string serialize_json_pretty(const Value& value);

}  // namespace tandem::format
