#pragma once

// `tandem --help`: commands and every flag, from the described structs. Any thread; no state.

#include <string>
#include <string_view>

namespace tandem::command {

std::string help_text();
/// To standard output.
void print_help();

/// What `tandem COMMAND --help` says (command_help.cc); empty for what is no command.
std::string_view command_help(std::string_view command);

}  // namespace tandem::command
