#pragma once

// /api/support-dump: version, static configuration and what became of the dynamic one, without secrets, as one archive
// to attach to a report. Any core.

#include <string>

#include "config/model/static_configuration.h"
#include "protocol/http/exchange.h"
#include "proxy/routing/snapshot.h"

namespace tandem::api {

/// tar.gz with version.json, static-config.json and runtime-config.json. `started` in RFC 3339.
http::Response support_dump(const routing::Snapshot& snapshot, const model::StaticConfiguration& configuration,
                            const std::string& started, http::Exchange& exchange);

}  // namespace tandem::api
