#pragma once

// What metrics are told of an exchange: as a whole, and each time that a server was asked for it. Worker threads; no
// state.

#include "engine/observe/metrics.h"
#include "protocol/http/exchange.h"

namespace tandem::forward {

/// What the entry point, the router and the service of an exchange have in common: method, protocol, TLS, the values of
/// header labels. REQUIRES: exchange.observed.metrics.
observe::Measured common_measures(observe::Metrics& metrics, const http::Exchange& exchange);

/// The code that metrics name: that of gRPC for its requests (Traefik looks at the header alone), 0 for connections
/// that became tunnels. `headers`: of the response; null: unknown.
std::uint16_t metric_code(const http::Exchange& exchange, int status, const http::Headers* headers);

/// A server of `service` is about to be asked. What was asked before for this exchange and was not passed on (a retry,
/// an error page) has ended by that.
void begin_attempt(const observe::ServiceMetrics& service, const http::Request& request, http::Exchange& exchange);

}  // namespace tandem::forward
