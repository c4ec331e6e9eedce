#pragma once

// How problems with a configuration are said to people and machines. Any thread; no state.

#include <string>
#include <vector>

#include "base/log.h"
#include "config/format/decode.h"
#include "config/model/static_configuration.h"

namespace tandem::app {

/// What Traefik's `log` section says; an absent one is the default. `level_is_known` is false for an unknown level.
base::LogSettings log_settings(const model::StaticConfiguration& configuration, bool& level_is_known);

/// {"file", "line", "column", "path", "message", "suggestion"}, without what is unknown.
format::Value value_of(const format::Problem& problem);

/// One JSON line on standard error for each problem, as Traefik reports a failing command.
void report_command_errors(const format::Problems& problems);
/// The same for a single sentence.
void report_command_error(std::string_view text);

}  // namespace tandem::app
