#pragma once

// `tandem --help`: commands and every flag, from the described structs. Any thread; no state.

#include <string>

namespace tandem::app {

std::string help_text();
/// To standard output.
void print_help();

}  // namespace tandem::app
