#pragma once

// Labels and tags ("traefik.http.routers.web.rule=Host(`a`)") to Value. Any thread; no state.

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "config/format/value.h"

namespace tandem::format {

using Labels = std::span<const std::pair<std::string, std::string>>;

/// Keeps labels that begin with one of `filters` (e.g. "traefik.http", case ignored, not bounded by dots), whose first
/// segment must then be exactly `root`; returns the tree below the root. Errors: "invalid label root X", empty
/// segments.
base::Result<Value> parse_labels(Labels labels, std::string_view root, std::span<const std::string_view> filters,
                                 std::string source_name);

}  // namespace tandem::format
