#pragma once

// The command line: which command is meant, and its exit code. Main thread.

#include <string>
#include <vector>

namespace tandem::command {

/// Runs the command that `arguments` (without the program's name) name: run (default), check, diff, show,
/// route, version, healthcheck, whoami, --help. Returns the exit code.
int run_command_line(std::vector<std::string> arguments);

}  // namespace tandem::command
