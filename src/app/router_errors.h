#pragma once

// What a snapshot says about its objects, as problems with their place. Control thread; no state.

#include <functional>
#include <string_view>

#include "config/format/decode.h"
#include "proxy/routing/snapshot.h"

namespace tandem::app {

/// Finds where an object stands: provider and "http.routers.NAME".
using Locate = std::function<format::Position(std::string_view provider, std::string_view path)>;

/// One problem for each sentence of each object that has errors; paths are "http.routers.NAME@PROVIDER",
/// "tcp.services.…".
format::Problems errors_of(const routing::Snapshot& snapshot, const Locate& locate);

}  // namespace tandem::app
