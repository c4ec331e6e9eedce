#pragma once

// The program itself: loads the static configuration, opens the entry points, starts workers and providers, and stays
// until it is told to stop. Main thread, which becomes the control thread.

#include "app/static_configuration.h"

namespace tandem::app {

/// Returns the exit code: 0 after a graceful stop, 1 when it cannot start.
int run(const StaticSources& sources);

/// Cores this process may use: its affinity, and its control group's share of processor time rounded up.
std::size_t allowed_cores();

}  // namespace tandem::app
