#pragma once

// ProgramMetrics: what is counted about requests, and what the program knows about itself besides: configuration,
// connections, servers. Control thread, but for metrics(), which the workers use; owned by serve(), outlives the
// workers.

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/configuration_state.h"
#include "app/ocsp_stapling.h"
#include "config/model/static_configuration.h"
#include "control/telemetry/prometheus.h"
#include "engine/observe/metrics.h"
#include "engine/tls/certificate.h"
#include "proxy/entry/server.h"

namespace tandem::app {

class ProgramMetrics {
 public:
  /// What it looks at when a page is written; all of it outlives this object.
  struct Sources {
    const model::StaticConfiguration& static_configuration;
    const entry::Server& server;
    const ConfigurationState& state;
    std::function<std::vector<std::string>()> providers;  ///< names
    /// Lines that the access log lost; nothing when there is no access log.
    std::function<std::optional<std::uint64_t>()> access_log_dropped;
    /// Nothing without the option ocsp.
    std::function<std::optional<OcspStapling::Figures>()> ocsp;
    /// What the supervisor told last; null when it told nothing, or there is none.
    std::function<std::shared_ptr<const boost::json::object>()> pair_status;
  };
  /// Null when nobody reads metrics (metrics.prometheus is absent).
  static std::unique_ptr<ProgramMetrics> make(Sources sources);
  explicit ProgramMetrics(Sources sources);

  observe::Metrics& metrics() { return metrics_; }
  /// A configuration came into force: counts it, and takes back the numbers of what is gone.
  void applied(const routing::Snapshot& snapshot);
  /// The page of prometheus@internal.
  std::string page();

 private:
  void add_configuration(std::vector<telemetry::Family>& into) const;
  void add_connections(std::vector<telemetry::Family>& into) const;
  void add_servers(std::vector<telemetry::Family>& into) const;
  void add_certificates(std::vector<telemetry::Family>& into);
  void add_ocsp(std::vector<telemetry::Family>& into) const;

  Sources sources_;
  observe::Metrics metrics_;
  std::uint64_t reloads_ = 0;
  std::int64_t last_reload_ = 0;  // Unix seconds
  std::shared_ptr<const model::DynamicConfiguration> in_force_;
  loop::TimePoint in_force_since_{};
  /// Labels of certificates on the last page: making them takes longer than writing them.
  std::map<tls::CertificatePtr, std::string> certificate_labels_;
};

}  // namespace tandem::app
