#include "proxy/entry/observers.h"

#include "proxy/entry/count_request.h"

namespace tandem::entry {

void Observers::tell(const http::Exchange& exchange, const http::Outcome& outcome) const {
  if (exchange.observed.access_log && access_log != nullptr) log_access(*access_log, exchange, outcome);
  if (exchange.observed.metrics && metrics != nullptr) count_request(*metrics, entry_point, exchange, outcome);
}

}  // namespace tandem::entry
