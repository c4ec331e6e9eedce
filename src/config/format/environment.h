#pragma once

// Environment variables to Value, by Traefik's rules: TRAEFIK_ENTRYPOINTS_WEB_ADDRESS is entrypoints.web.address, all
// in lower case. TANDEM_… means the same and wins over TRAEFIK_…. Any thread; no state.

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/format/schema.h"
#include "config/format/value.h"

namespace tandem::format {

/// `variables` are "NAME=value" as in environ. Variables whose name does not begin with a root option of the schema are
/// ignored; with none left the tree is Null. The source of a value is the variable's name.
base::Result<Value> parse_environment(std::span<const std::string> variables, const Schema& schema);

}  // namespace tandem::format
