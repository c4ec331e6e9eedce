#pragma once

// The provider `internal`: routers and services that follow from the static configuration. Any thread; no state.

#include <string>
#include <string_view>
#include <vector>

#include "config/format/decode.h"
#include "config/model/dynamic_configuration.h"
#include "config/model/static_configuration.h"

namespace tandem::model {

/// The name of that provider.
inline constexpr std::string_view kInternalProvider = "internal";

struct InternalConfiguration {
  DynamicConfiguration configuration;     ///< Unqualified names; services are empty: routing knows what they do.
  std::vector<format::Problem> problems;  ///< Redirections to entry points that do not exist.
};

/// Routers api, dashboard, debug, ping, prometheus, rest, acme-http and ENTRYPOINT-to-TARGET with their middlewares;
/// services api, dashboard, ping, rest, prometheus, acme-http, noop; the transports `default`. Expects the effective
/// configuration.
InternalConfiguration internal_configuration(const StaticConfiguration& configuration);

/// Letters and digits stay, every other run becomes one hyphen, none at the ends (Traefik: normalize).
std::string normalized(std::string_view name);

}  // namespace tandem::model
