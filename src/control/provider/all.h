#pragma once

// The table of providers: from the static configuration to the providers that it switches on. Control thread.

#include <memory>
#include <vector>

#include "config/model/static_providers.h"
#include "control/provider/provider.h"

namespace tandem::provider {

/// In the order in which they start; file first, so that its routes are part of the first configuration. `memory` may
/// be null and outlives them.
std::vector<std::unique_ptr<Provider>> make_all(const model::Providers& options, Memory* memory);

}  // namespace tandem::provider
