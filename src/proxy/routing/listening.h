#pragma once

// Listening: on which entry points a TCP or UDP router really is. Pure functions; control thread.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/model/entry_point_address.h"
#include "config/model/static_configuration.h"
#include "proxy/routing/snapshot.h"

namespace tandem::routing {

/// Names of the entry points of a protocol, sorted.
std::vector<std::string> entry_points_of(const model::StaticConfiguration& configuration,
                                         model::EntryPointProtocol protocol);

/// Those of `wanted` that are `existing` (sorted), sorted, each once. The others become errors of the router, and so
/// does having none.
std::vector<std::string> listening_on(std::span<const std::string> wanted, std::span<const std::string> existing,
                                      Condition& condition);

/// "host:port" and "[host]:port", as a server's address must be.
bool has_port(std::string_view address);

}  // namespace tandem::routing
