#pragma once

// /ready: whether this node can serve: every provider has delivered once, every worker has the configuration, and
// nobody asked the program to stop. It stands before the routers of the internal entry point, so that no rule can hide
// it. Any core.

#include <atomic>

#include "protocol/http/handler.h"

namespace tandem::app {

/// Answers GET /ready with 200 "OK" or 503; everything else goes to `routers`. `ready` outlives the handler.
http::HandlerPtr make_ready(http::HandlerPtr routers, const std::atomic<bool>& ready);

}  // namespace tandem::app
