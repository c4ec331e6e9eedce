#pragma once

// addPrefix: puts a prefix before the path (Traefik: http.middlewares.NAME.addPrefix). Immutable, shared by all cores.

#include "proxy/middleware/all.h"

namespace tandem::middleware {

/// Errors: "prefix cannot be empty".
base::Result<http::HandlerPtr> build_add_prefix(const model::AddPrefix& options, const BuildContext& context);

}  // namespace tandem::middleware
