#pragma once

// Counts over the whole configuration, the version, and the page for people. Any core.

#include <string>

#include "config/format/value.h"
#include "config/model/static_configuration.h"
#include "proxy/routing/snapshot.h"

namespace tandem::api {

format::Value overview(const routing::Snapshot& snapshot, const model::StaticConfiguration& configuration);
/// Body of /api/version; `started` in RFC 3339.
std::string version_text(const model::StaticConfiguration& configuration, const std::string& started);
std::string start_time_text();

}  // namespace tandem::api
