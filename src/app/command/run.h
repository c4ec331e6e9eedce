#pragma once

// `tandem`, the program itself: loads the static configuration, opens the entry points, and is what it has to be then:
// the proxy, or its supervisor. Main thread.

#include "app/static_configuration.h"

namespace tandem::command {

/// Returns the exit code: 0 after a graceful stop, 1 when it cannot start.
int run(const app::StaticSources& sources);

}  // namespace tandem::command
