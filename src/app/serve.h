#pragma once

// The proxy itself, alone or under a supervisor: starts workers and providers, and stays until it is told to stop. Main
// thread, which becomes the control thread.

#include <cstddef>
#include <optional>

#include "app/static_configuration.h"
#include "app/supervised.h"
#include "proxy/entry/server.h"

namespace tandem::app {

/// Serves what `sockets` accept with so many threads. `handed`: by the supervisor, when there is one. Returns the exit
/// code: 0 after a graceful stop, 1 when it cannot start.
int serve(const StaticLoad& load, entry::ListeningSockets sockets, std::size_t workers, std::optional<Handed> handed);

}  // namespace tandem::app
