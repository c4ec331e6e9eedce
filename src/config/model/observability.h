#pragma once

// What routers and entry points say about access logs, metrics and traces. Any thread; plain values.

#include <optional>
#include <string>

#include "config/format/described.h"

namespace tandem::model {

/// Per router (Traefik: http.routers.NAME.observability); what is absent comes from the entry point, else true.
struct Observability {
  std::optional<bool> accessLogs;          ///< Write access-log lines.
  std::optional<bool> metrics;             ///< Count in metrics.
  std::optional<bool> tracing;             ///< Make spans.
  std::string traceVerbosity = "minimal";  ///< minimal or detailed.
  bool operator==(const Observability&) const = default;
};
BOOST_DESCRIBE_STRUCT(Observability, (), (accessLogs, metrics, tracing, traceVerbosity))

/// Per entry point (Traefik: entryPoints.NAME.observability): defaults for its routers.
struct EntryPointObservability {
  std::optional<bool> accessLogs = true;   ///< Write access-log lines.
  std::optional<bool> metrics = true;      ///< Count in metrics.
  std::optional<bool> tracing = true;      ///< Make spans.
  std::string traceVerbosity = "minimal";  ///< minimal or detailed.
  bool operator==(const EntryPointObservability&) const = default;
};
BOOST_DESCRIBE_STRUCT(EntryPointObservability, (), (accessLogs, metrics, tracing, traceVerbosity))

}  // namespace tandem::model
