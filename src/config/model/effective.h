#pragma once

// What follows from a static configuration without being written in it. Any thread; no state.

#include <string>
#include <string_view>
#include <vector>

#include "config/model/static_configuration.h"

namespace tandem::model {

/// The entry point of the API, ping and metrics unless they name another one.
inline constexpr std::string_view kInternalEntryPoint = "traefik";

/// Fills in what is derived: the entry point `http` on :80 when there is none, `traefik` on :8080 when something needs
/// it, deprecated spellings moved to their successors, values below their floor raised.
StaticConfiguration effective(StaticConfiguration configuration);

/// The entry points of routers that name none: those `asDefault`, else every TCP one but `traefik`; sorted.
std::vector<std::string> default_entry_points(const StaticConfiguration& configuration);

}  // namespace tandem::model
