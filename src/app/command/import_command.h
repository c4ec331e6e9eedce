#pragma once

// `tandem import`: other programs' configurations become tandem's. Main thread; reads files, writes one.

#include <string>
#include <vector>

namespace tandem::command {

/// `keepalived FILE` and its options (command_help.cc); the exit code.
int run_import(const std::vector<std::string>& arguments);

}  // namespace tandem::command
