#pragma once

// Observers: whom the workers tell how requests end. The recorders keep what belongs to each core apart, so telling
// takes no lock. Plain pointers to objects of the program that outlive the workers.

#include "engine/observe/access_log.h"
#include "engine/observe/metrics.h"
#include "protocol/http/exchange.h"

namespace tandem::entry {

struct Observers {
  observe::AccessLog* access_log = nullptr;  ///< null: off
  observe::Metrics* metrics = nullptr;       ///< null: off
  observe::MetricId entry_point = 0;         ///< 0: entry points are not measured

  /// Worker thread: `exchange` has ended. Costs nothing but a look when nobody asked for this request.
  void ended(const http::Exchange& exchange, const http::Outcome& outcome) const {
    if (exchange.observed.any()) tell(exchange, outcome);
  }

 private:
  void tell(const http::Exchange& exchange, const http::Outcome& outcome) const;
};

/// Leaves a record of a request in the access log, if its filters want it. Worker thread.
void log_access(observe::AccessLog& log, const http::Exchange& exchange, const http::Outcome& outcome);

}  // namespace tandem::entry
