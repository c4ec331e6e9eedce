#pragma once

// The templates of the older rule syntax: text with `{name}` and `{name:regexp}` in HostRegexp, Path, PathPrefix, Query
// and HostSNIRegexp. They become regular expressions in RE2's notation; compiling is the caller's. Pure functions: any
// thread.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tandem::rule {

using base::Result;

/// A host template as a whole, regardless of case; `{name}` stands for one label.
Result<std::string> host_template_to_regex(std::string_view text);

/// A path template, which must start with a slash; `{name}` stands for one segment. With `prefix` the path may go on.
Result<std::string> path_template_to_regex(std::string_view text, bool prefix);

/// One `key=value` of Query: the key is literal, the value a template in which `{name}` stands for anything. The
/// expression is to be matched against `key=value` of the request. An empty or missing value stands for anything.
Result<std::string> query_template_to_regex(std::string_view text);

/// The expressions inside the braces, each anchored as a whole, in order. Compiling them first gives the error texts
/// that users know: they name the variable's own expression.
Result<std::vector<std::string>> template_variables(std::string_view text, std::string_view fallback);

}  // namespace tandem::rule
