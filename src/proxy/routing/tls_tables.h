#pragma once

// What TLS connections get on each entry point, from routers that were built. Control thread, while a snapshot is
// built.

#include <map>
#include <string>

#include "proxy/routing/contents.h"

namespace tandem::routing {

/// One table for each entry point, and under the empty name that of an entry point without routers.
std::map<std::string, handshake::TlsTablePtr, std::less<>> build_tls_tables(RouterBuilder& routers,
                                                                            const Snapshot::Contents& contents);

}  // namespace tandem::routing
