#pragma once

// `tandem route 'GET https://host/path'`: which router takes this request, which came next and why not. The request
// goes the program's own way: the entry point's first handler, then its route table. Main thread.

#include "app/command/command_arguments.h"

namespace tandem::command {

/// Exit code: 0 when a router takes it, 1 when none does, 2 for errors.
int run_route(const CommandArguments& arguments);

}  // namespace tandem::command
