#pragma once

// headers: custom headers of requests and responses, CORS, and security headers (Traefik:
// http.middlewares.NAME.headers). Responses of 101 and below are left alone. Immutable, shared by all cores.

#include "proxy/middleware/all.h"

namespace tandem::middleware {

/// Errors: nothing is set ("headers configuration not valid"), an expression of origins does not compile.
base::Result<http::HandlerPtr> build_headers(const model::Headers& options, const BuildContext& context);

}  // namespace tandem::middleware
