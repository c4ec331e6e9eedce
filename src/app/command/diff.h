#pragma once

// `tandem diff OLD NEW`: what changes between two configurations, in terms of routers, services, middlewares and their
// options; with --api, between a running instance and files. Main thread.

#include "app/command/command_arguments.h"

namespace tandem::command {

/// Exit code: 0 when nothing differs, 1 when something does, 2 for errors.
int run_diff(const CommandArguments& arguments);

}  // namespace tandem::command
