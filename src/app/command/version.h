#pragma once

// What `tandem version` prints. Any thread; no state.

#include <string>

namespace tandem::command {

/// Lines "Version:      0.1.0" with values from column 15, as Traefik prints its own.
std::string version_text();

}  // namespace tandem::command
