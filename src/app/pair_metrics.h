#pragma once

// The metrics of the pair (tandem_ha_*), out of what the supervisor told last. Control thread.

#include <boost/json/object.hpp>
#include <vector>

#include "control/telemetry/prometheus.h"

namespace tandem::app {

/// Appends them to `into`.
void add_pair_metrics(const boost::json::object& status, std::vector<telemetry::Family>& into);

}  // namespace tandem::app
