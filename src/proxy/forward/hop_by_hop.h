#pragma once

// Hop-by-hop fields (RFC 9110 §7.6.1): what concerns one connection and is never passed on. Pure; any core.

#include "protocol/http/headers.h"

namespace tandem::forward {

/// Removes the fields of one connection, and those that Connection names. Request trailers stay announced by Trailer.
void remove_hop_by_hop(http::Headers& headers);

}  // namespace tandem::forward
