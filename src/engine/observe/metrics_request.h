#pragma once

// RequestMetrics: what an exchange carries for the metrics while it is under way. Plain values of one exchange, on its
// core.

#include <cstdint>

#include "engine/observe/metrics_labels.h"

namespace tandem::observe {

class Metrics;

/// The place of a service in the metrics; given to those who forward for it.
struct ServiceMetrics {
  Metrics* metrics = nullptr;  ///< null: services are not measured
  MetricId id = 0;
};

struct RequestMetrics {
  MetricId router = 0;                ///< the innermost router; 0: none, or routers are not measured
  MetricId service = 0;               ///< whose server was asked last; 0: none, or services are not measured
  std::uint64_t offered = 0;          ///< content that was to be sent to that server, when its length was known
  std::uint32_t counted_retries = 0;  ///< of Exchange::retries
};

}  // namespace tandem::observe
