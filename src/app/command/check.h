#pragma once

// `tandem check`: loads both configurations as the program would, builds everything, serves nothing, and tells all that
// is wrong. Main thread.

#include <string>
#include <vector>

#include "app/static_configuration.h"

namespace tandem::command {

struct CheckReport {
  std::string origin;       ///< where the static configuration came from
  format::Problems errors;  ///< any of them: exit code 1
  format::Problems warnings;
  std::vector<std::string> not_built;  ///< options that are set but have no effect yet
};

CheckReport check(const app::StaticSources& sources);

/// A line for each finding ("error: FILE:LINE:COLUMN: PATH: MESSAGE (SUGGESTION)") and a closing line of counts.
std::string text_of(const CheckReport& report);
/// {"origin", "errors": [{"file", "line", "column", "path", "message", "suggestion"}], "warnings": …, "notBuilt": […]}
std::string json_of(const CheckReport& report);

}  // namespace tandem::command
