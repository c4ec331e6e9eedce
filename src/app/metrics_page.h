#pragma once

// The service prometheus@internal: a page that is written on the control thread, so that no worker stops for it, and
// sent in pieces.

#include <functional>
#include <string>

#include "engine/loop/loop.h"
#include "protocol/http/handler.h"

namespace tandem::app {

/// `render` runs on the thread of `control`; both outlive the workers.
http::HandlerPtr make_metrics_page(loop::Loop& control, std::function<std::string()> render);

}  // namespace tandem::app
