#include "app/api/overview.h"

#include <ctime>

#include <fmt/format.h>

#include "app/api/certificates.h"
#include "app/api/reply.h"
#include "base/version.h"
#include "config/format/json.h"
#include "proxy/handshake/tls_table.h"
#include "proxy/routing/tcp_objects.h"
#include "proxy/routing/udp_objects.h"

namespace tandem::api {

namespace {

using format::Object;
using format::Value;

struct Counts {
  std::int64_t total = 0;
  std::int64_t warnings = 0;
  std::int64_t errors = 0;

  void add(const routing::Condition& condition) {
    ++total;
    if (condition.status == routing::Status::kWarning) ++warnings;
    if (condition.status == routing::Status::kDisabled) ++errors;
  }
  Value value() const {
    return {Object{{"total", number(total)}, {"warnings", number(warnings)}, {"errors", number(errors)}}, {}};
  }
};

template <class View>
Value counted(std::span<const View> all) {
  Counts counts;
  for (const View& view : all) {
    if constexpr (requires { view.condition; }) {
      counts.add(*view.condition);
    } else {
      counts.add(view.state->condition);
    }
  }
  return counts.value();
}

Value providers(const model::StaticConfiguration& configuration) {
  format::Array names;
  const model::Providers& p = configuration.providers;
  const auto add = [&names](bool enabled, std::string_view name) {
    if (enabled) names.push_back(text(name));
  };
  add(p.docker.has_value(), "Docker");
  add(p.swarm.has_value(), "Swarm");
  add(p.file.has_value(), "File");
  add(p.kubernetesIngress.has_value(), "KubernetesIngress");
  add(p.kubernetesIngressNGINX.has_value(), "KubernetesIngressNGINX");
  add(p.kubernetesCRD.has_value(), "KubernetesCRD");
  add(p.kubernetesGateway.has_value(), "KubernetesGateway");
  add(p.knative.has_value(), "Knative");
  add(p.rest.has_value(), "Rest");
  add(p.consulCatalog.has_value(), "ConsulCatalog");
  add(p.nomad.has_value(), "Nomad");
  add(p.ecs.has_value(), "Ecs");
  add(p.consul.has_value(), "Consul");
  add(p.etcd.has_value(), "Etcd");
  add(p.zooKeeper.has_value(), "ZooKeeper");
  add(p.redis.has_value(), "Redis");
  add(p.http.has_value(), "HTTP");
  return {std::move(names), {}};
}

std::string_view metrics_name(const model::StaticConfiguration& configuration) {
  if (!configuration.metrics) return "";
  if (configuration.metrics->prometheus) return "Prometheus";
  if (configuration.metrics->datadog) return "Datadog";
  if (configuration.metrics->statsD) return "StatsD";
  if (configuration.metrics->influxDB2) return "InfluxDB2";
  return configuration.metrics->otlp ? "OTLP" : "";
}

}  // namespace

Value overview(const routing::Snapshot& snapshot, const model::StaticConfiguration& configuration) {
  const routing::TcpObjects& on_tcp = *snapshot.tcp();
  const routing::UdpObjects& on_udp = *snapshot.udp();
  Object http{{"routers", counted(snapshot.routers())},
              {"services", counted(snapshot.services())},
              {"middlewares", counted(snapshot.middlewares())}};
  Object tcp{{"routers", counted(on_tcp.routers())},
             {"services", counted(on_tcp.services())},
             {"middlewares", counted(on_tcp.middlewares())}};
  Object udp{{"routers", counted(on_udp.routers())}, {"services", counted(on_udp.services())}};
  Object features{{"tracing", text(configuration.tracing ? "OTLP" : "")},
                  {"metrics", text(metrics_name(configuration))},
                  {"accessLog", Value(configuration.accessLog.has_value(), {})}};
  Object out{{"http", Value(std::move(http), {})},
             {"tcp", Value(std::move(tcp), {})},
             {"udp", Value(std::move(udp), {})},
             {"certificates", count_certificates(*snapshot.tls("")->store())},
             {"features", Value(std::move(features), {})}};
  Value names = providers(configuration);
  if (!names.array()->empty()) out.push_back({"providers", std::move(names)});
  return {std::move(out), {}};
}

std::string version_text(const model::StaticConfiguration& configuration, const std::string& started) {
  Object out{{"Version", text(base::kVersion)}, {"Codename", text("tandem")}, {"startDate", text(started)}};
  if (configuration.api && configuration.api->disableDashboardAd)
    out.push_back({"disableDashboardAd", Value(true, {})});
  if (configuration.api && !configuration.api->dashboardName.empty()) {
    out.push_back({"dashboardName", text(configuration.api->dashboardName)});
  }
  return format::serialize_json(Value(std::move(out), {}));
}

std::string start_time_text() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::tm utc{};
  ::gmtime_r(&now.tv_sec, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, now.tv_nsec);
}

}  // namespace tandem::api
