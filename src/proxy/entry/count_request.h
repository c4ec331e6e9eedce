#pragma once

// What the metrics are told when a request has ended. Worker threads; no state.

#include "engine/observe/metrics.h"
#include "protocol/http/exchange.h"

namespace tandem::entry {

/// Counts a request for its entry point (0: not measured), its router and the service that was asked last.
/// REQUIRES: exchange.observed.metrics.
void count_request(observe::Metrics& metrics, observe::MetricId entry_point, const http::Exchange& exchange,
                   const http::Outcome& outcome);

}  // namespace tandem::entry
