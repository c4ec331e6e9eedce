#include "proxy/entry/count_request.h"

#include "proxy/forward/measure.h"

namespace tandem::entry {

void count_request(observe::Metrics& metrics, observe::MetricId entry_point, const http::Exchange& exchange,
                   const http::Outcome& outcome) {
  observe::Measured request = forward::common_measures(metrics, exchange);
  request.code = forward::metric_code(exchange, outcome.status, outcome.headers);
  request.request_bytes = outcome.upgraded ? 0 : outcome.received;
  request.response_bytes = outcome.upgraded ? 0 : outcome.sent;
  request.duration = outcome.duration;
  metrics.record(entry_point, request);
  metrics.record(exchange.metrics.router, request);
  if (exchange.metrics.service == 0 || exchange.origin_status == 0) return;
  // Middlewares may have answered something else than the server did.
  request.code = forward::metric_code(exchange, exchange.origin_status, outcome.headers);
  if (!outcome.upgraded) request.response_bytes = exchange.origin_bytes;
  request.duration = outcome.duration - (exchange.origin_began - exchange.started);
  metrics.record(exchange.metrics.service, request);
}

}  // namespace tandem::entry
