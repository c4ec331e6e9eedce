#pragma once

// The page that Prometheus reads: the requests that the workers counted, the process, the workers themselves, and what
// the caller adds. Control thread.

#include <cstdint>
#include <string>
#include <vector>

#include "control/telemetry/prometheus_text.h"
#include "engine/observe/metrics.h"

namespace tandem::telemetry {

/// One line of a metric.
struct Sample {
  std::string labels;  ///< made with append_label, in the order of their names; empty: none
  double value = 0;
};

/// A metric that is not about requests.
struct Family {
  std::string name;
  std::string help;
  MetricType type = MetricType::kGauge;
  std::vector<Sample> samples;  ///< a family without any is left out
};

/// Writes the page. What was shown of removed objects is dropped: the next page does not have it any more.
std::string prometheus_page(observe::Metrics& metrics, std::vector<Family> families);

}  // namespace tandem::telemetry
