#pragma once

// The supervisor of a node with the section `ha`: it holds the listening sockets and the virtual addresses, starts the
// proxy, watches it and starts it again when it ends. It parses nothing that comes from clients. Main thread.

#include "app/static_configuration.h"
#include "app/supervisor/in_place_restart.h"
#include "proxy/entry/server.h"

namespace tandem::supervisor {

/// Runs until it is told to stop and the proxy has ended; returns the program's exit status. Errors (addresses,
/// interfaces or capabilities that are missing) are written to standard error.
int supervise(const app::StaticSources& sources, const app::StaticLoad& load, Inheritance start);

}  // namespace tandem::supervisor
