#pragma once

// redirectScheme: sends clients to the same address under another scheme and port; requests that are there already pass
// (Traefik: http.middlewares.NAME.redirectScheme). Immutable, shared by all cores.

#include "proxy/middleware/all.h"

namespace tandem::middleware {

/// Errors: "you must provide a target scheme".
base::Result<http::HandlerPtr> build_redirect_scheme(const model::RedirectScheme& options, const BuildContext& context);

}  // namespace tandem::middleware
