#include "proxy/routing/observation.h"

#include <algorithm>

namespace tandem::routing {
namespace {

constexpr std::string_view kDetailed = "detailed";

bool has_receiver(const model::Metrics& metrics) {
  return metrics.prometheus || metrics.datadog || metrics.statsD || metrics.influxDB2 || metrics.otlp;
}

bool keeps_headers(const model::AccessLog& log) {
  if (!log.fields) return false;
  const auto kept = [](const std::string& mode) { return mode == "keep" || mode == "redact"; };
  const model::AccessLogHeaders& headers = log.fields->headers;
  return kept(headers.defaultMode) ||
         std::ranges::any_of(headers.names, [&kept](const auto& item) { return kept(item.second); });
}

/// What the static configuration has switched on at all.
http::Observed receivers(const model::StaticConfiguration& configuration, bool internal) {
  http::Observed on;
  const auto& [log, metrics, tracing] = std::tie(configuration.accessLog, configuration.metrics, configuration.tracing);
  on.access_log = log && (!internal || log->addInternals);
  on.metrics = metrics && has_receiver(*metrics) && (!internal || metrics->addInternals);
  on.tracing = tracing && (!internal || tracing->addInternals);
  const bool labels = metrics && metrics->prometheus && !metrics->prometheus->headerLabels.empty();
  on.headers = (on.access_log && keeps_headers(*log)) || (on.metrics && labels);
  return on;
}

template <class Observability>
http::Observed limited(http::Observed on, const Observability& by) {
  on.access_log = on.access_log && by.accessLogs.value_or(true);
  on.metrics = on.metrics && by.metrics.value_or(true);
  on.tracing = on.tracing && by.tracing.value_or(true);
  on.detailed_traces = on.tracing && by.traceVerbosity == kDetailed;
  on.headers = on.headers && (on.access_log || on.metrics);
  return on;
}

}  // namespace

http::Observed observed_of(const model::StaticConfiguration& configuration, const model::EntryPoint& entry_point) {
  return limited(receivers(configuration, false), entry_point.observability.value_or(model::EntryPointObservability{}));
}

http::Observed observed_of(const model::StaticConfiguration& configuration, const model::HttpRouter& router,
                           bool internal) {
  return limited(receivers(configuration, internal), router.observability.value_or(model::Observability{}));
}

}  // namespace tandem::routing
