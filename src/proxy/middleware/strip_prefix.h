#pragma once

// stripPrefix: cuts the first matching prefix off the path and tells it in X-Forwarded-Prefix (Traefik:
// http.middlewares.NAME.stripPrefix). Immutable, shared by all cores.

#include "proxy/middleware/all.h"

namespace tandem::middleware {

base::Result<http::HandlerPtr> build_strip_prefix(const model::StripPrefix& options, const BuildContext& context);

}  // namespace tandem::middleware
