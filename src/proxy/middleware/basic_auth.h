#pragma once

// basicAuth: HTTP basic authentication, RFC 7617 (Traefik: http.middlewares.NAME.basicAuth). Slow hashes are computed
// by the HashPool; what it found is remembered by each core for a minute. Immutable otherwise, shared by all cores.

#include "proxy/middleware/all.h"

namespace tandem::middleware {

/// Reads the users file. Errors: it cannot be read, an entry is not name:hash, there is no user at all.
base::Result<http::HandlerPtr> build_basic_auth(const model::BasicAuth& options, const BuildContext& context);

}  // namespace tandem::middleware
