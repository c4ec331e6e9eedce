#pragma once

// chain: several middlewares under one name (Traefik: http.middlewares.NAME.chain). It has no handler of its own: its
// members are built around each other.

#include "proxy/middleware/all.h"

namespace tandem::middleware {

/// Builds the members by context.build_named, the last one first. An empty chain is context.next itself. Errors: those
/// of its members.
base::Result<http::HandlerPtr> build_chain(const model::Chain& options, const BuildContext& context);

}  // namespace tandem::middleware
