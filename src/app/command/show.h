#pragma once

// `tandem show router|service|middleware NAME`: one object with everything that hangs on it: what matches, in which
// order, through which middlewares to which servers. Main thread.

#include <string>
#include <string_view>
#include <vector>

#include "app/command/command_arguments.h"
#include "config/format/value.h"

namespace tandem::command {

/// Exit code: 0, 1 when there is no such object, 2 for other errors.
int run_show(const CommandArguments& arguments);

// Of what /api/rawdata says.

/// "auth@file (basicAuth)", and what chains hold behind them, in the order in which a request passes them.
std::vector<std::string> middleware_lines(const format::Value& objects, std::string_view protocol,
                                          const std::vector<std::string>& names);
/// The service, its services and their servers, one a line, indented.
std::vector<std::string> service_lines(const format::Value& objects, std::string_view protocol,
                                       const std::string& name);

}  // namespace tandem::command
