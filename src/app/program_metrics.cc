#include "app/program_metrics.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>

#include "app/api/certificates.h"
#include "app/pair_metrics.h"
#include "base/clock.h"
#include "base/log.h"

namespace tandem::app {
namespace {

using telemetry::Family;
using telemetry::MetricType;

bool is_label_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  constexpr std::array<std::string_view, 7> kTaken{"code",     "entrypoint", "le",     "method",
                                                   "protocol", "router",     "service"};
  return !name.empty() && letter(name[0]) && std::ranges::all_of(name, [&](char c) { return letter(c) || digit(c); }) &&
         !name.starts_with("__") && std::ranges::find(kTaken, name) == kTaken.end();
}

observe::MetricsOptions options_of(const model::Metrics& metrics) {
  const model::Prometheus& from = *metrics.prometheus;
  observe::MetricsOptions options;
  if (!from.buckets.empty()) options.buckets = from.buckets;
  std::ranges::sort(options.buckets);
  options.buckets.erase(std::ranges::unique(options.buckets).begin(), options.buckets.end());
  options.entry_points = from.addEntryPointsLabels;
  options.routers = from.addRoutersLabels;
  options.services = from.addServicesLabels;
  for (const auto& [label, header] : from.headerLabels) {
    if (is_label_name(label)) {
      options.header_labels.push_back({.label = label, .header = header});
    } else {
      base::log_error("Not a name for a label of metrics; it is left out",
                      {{"option", "metrics.prometheus.headerLabels"}, {"label", label}});
    }
  }
  return options;
}

std::string one_label(std::string_view name, std::string_view value) {
  std::string label;
  telemetry::append_label(label, name, value);
  return label;
}

/// Finds objects whose names are asked for in their order.
template <class Object>
class Walk {
 public:
  explicit Walk(std::span<const Object> objects) : objects_(objects) {}
  const Object* find(std::string_view name) {
    while (at_ < objects_.size() && objects_[at_].name < name) ++at_;
    return at_ < objects_.size() && objects_[at_].name == name ? &objects_[at_] : nullptr;
  }

 private:
  std::span<const Object> objects_;
  std::size_t at_ = 0;
};

template <class T>
bool same_names(const format::SharedMap<T>& before, const format::SharedMap<T>& now) {
  bool same = true;
  format::SharedMap<T>::compare(before, now, [&same](const auto* a, const auto* b) { same &= a && b; });
  return same;
}

Family number(const char* name, const char* help, MetricType type, double value) {
  return {.name = name, .help = help, .type = type, .samples = {{.labels = {}, .value = value}}};
}

}  // namespace

std::unique_ptr<ProgramMetrics> ProgramMetrics::make(Sources sources) {
  const auto& metrics = sources.static_configuration.metrics;
  if (!metrics || !metrics->prometheus) return nullptr;
  return std::make_unique<ProgramMetrics>(std::move(sources));
}

ProgramMetrics::ProgramMetrics(Sources sources)
    : sources_(std::move(sources)),
      metrics_(options_of(*sources_.static_configuration.metrics), sources_.server.workers()) {}

void ProgramMetrics::applied(const routing::Snapshot& snapshot) {
  ++reloads_;
  last_reload_ = std::chrono::duration_cast<std::chrono::seconds>(base::wall_now().time_since_epoch()).count();
  in_force_since_ = loop::Loop::current().exact_now();
  const auto before = std::exchange(in_force_, snapshot.dynamic());
  const bool same = before != nullptr && same_names(before->http.routers, in_force_->http.routers) &&
                    same_names(before->http.services, in_force_->http.services);
  if (same) return;
  Walk routers(snapshot.routers());
  Walk services(snapshot.services());
  metrics_.ids().retire_unless([&](const observe::MetricIds::Named& named) {
    switch (named.scope) {
      case observe::MetricScope::kEntryPoint:
        return true;
      case observe::MetricScope::kService:
        return services.find(named.name) != nullptr;
      case observe::MetricScope::kRouter: {
        const routing::RuntimeRouter* router = routers.find(named.name);
        // Parents have no service of their own.
        return router != nullptr && (router->config->service.empty() || snapshot.service(named.service) != nullptr);
      }
    }
    return false;
  });
}

void ProgramMetrics::add_configuration(std::vector<Family>& into) const {
  using enum MetricType;
  into.push_back(number("traefik_config_reloads_total", "Config reloads", kCounter, static_cast<double>(reloads_)));
  into.push_back(number("traefik_config_last_reload_success", "Last config reload success", kGauge,
                        static_cast<double>(last_reload_)));
  const std::chrono::duration<double> age = loop::Loop::current().exact_now() - in_force_since_;
  into.push_back(number("tandem_configuration_age_seconds", "Time since the configuration came into force.", kGauge,
                        reloads_ == 0 ? 0 : age.count()));
  std::map<std::string, double> counts;
  for (const std::string& name : sources_.providers()) counts[name] = 0;
  for (const ConfigurationError& error : *sources_.state.errors()) ++counts[error.provider];
  Family errors{
      "tandem_configuration_errors", "What is wrong with the configuration in force, by its source.", kGauge, {}};
  for (const auto& [provider, count] : counts) errors.samples.push_back({one_label("provider", provider), count});
  into.push_back(std::move(errors));
  into.push_back(number("tandem_configuration_recalled_sources",
                        "Sources that are served as an earlier run of the program accepted them.", kGauge,
                        static_cast<double>(sources_.state.recalled())));
  if (const auto dropped = sources_.access_log_dropped()) {
    into.push_back(number("tandem_access_log_dropped_total", "Lines of the access log that found its queue full.",
                          kCounter, static_cast<double>(*dropped)));
  }
}

void ProgramMetrics::add_connections(std::vector<Family>& into) const {
  Family open{"traefik_open_connections",
              "How many open connections exist, by entryPoint and protocol",
              MetricType::kGauge,
              {}};
  for (const auto& [name, entry_point] : sources_.static_configuration.entryPoints) {
    if (sources_.server.address_of(name) == nullptr) continue;
    std::string labels = one_label("entrypoint", name);
    telemetry::append_label(labels, "protocol", "TCP");
    open.samples.push_back({std::move(labels), static_cast<double>(sources_.server.sessions(name))});
  }
  into.push_back(std::move(open));
}

void ProgramMetrics::add_servers(std::vector<Family>& into) const {
  const auto snapshot = sources_.state.snapshot();
  if (snapshot == nullptr || !metrics_.options().services) return;
  Family up{
      "traefik_service_server_up", "service server is up, described by gauge value of 0 or 1.", MetricType::kGauge, {}};
  for (const routing::RuntimeService& service : snapshot->services()) {
    const auto& balancer = service.config->loadBalancer;
    // Of others nobody knows how they are.
    if (!balancer || (!balancer->healthCheck && !balancer->passiveHealthCheck)) continue;
    for (const auto& [url, status] : service.state->server_status) {
      std::string labels = one_label("service", service.name);
      telemetry::append_label(labels, "url", url);
      up.samples.push_back({std::move(labels), status == "UP" ? 1.0 : 0.0});
    }
  }
  into.push_back(std::move(up));
}

void ProgramMetrics::add_certificates(std::vector<Family>& into) {
  const auto snapshot = sources_.state.snapshot();
  if (snapshot == nullptr) return;
  Family ends{"traefik_tls_certs_not_after", "Certificate expiration timestamp", MetricType::kGauge, {}};
  std::map<tls::CertificatePtr, std::string> labels;
  for (const tls::CertificatePtr& certificate : api::listed_certificates(*snapshot->tls("")->store())) {
    auto known = certificate_labels_.extract(certificate);
    if (known.empty()) {
      const api::CertificateLabels of = api::labels_of(*certificate);
      std::string text = one_label("cn", of.common_name);
      telemetry::append_label(text, "sans", of.alternative_names);
      telemetry::append_label(text, "serial", of.serial);
      labels.emplace(certificate, std::move(text));
    } else {
      labels.insert(std::move(known));
    }
  }
  for (const auto& [certificate, text] : labels) {
    ends.samples.push_back({text, static_cast<double>(certificate->facts().not_after)});
  }
  certificate_labels_ = std::move(labels);
  into.push_back(std::move(ends));
}

void ProgramMetrics::add_ocsp(std::vector<Family>& into) const {
  const auto figures = sources_.ocsp();
  if (!figures) return;
  const auto sample = [](const char* name, const char* text, auto count) {
    return telemetry::Sample{one_label(name, text), static_cast<double>(count)};
  };
  into.push_back({"tandem_tls_ocsp_staples",
                  "Certificates that name an OCSP responder, by what it said last.",
                  MetricType::kGauge,
                  {sample("state", "good", figures->good), sample("state", "revoked", figures->revoked),
                   sample("state", "missing", figures->missing)}});
  into.push_back({"tandem_tls_ocsp_requests_total",
                  "Questions about certificates, to all their responders in turn.",
                  MetricType::kCounter,
                  {sample("result", "ok", figures->answered), sample("result", "failed", figures->failed)}});
  if (figures->not_after == 0) return;
  into.push_back(number("tandem_tls_ocsp_staple_not_after",
                        "Expiration timestamp of the OCSP staple that expires first", MetricType::kGauge,
                        static_cast<double>(figures->not_after)));
}

std::string ProgramMetrics::page() {
  std::vector<Family> families;
  add_configuration(families);
  add_connections(families);
  add_servers(families);
  add_certificates(families);
  add_ocsp(families);
  if (const auto pair = sources_.pair_status(); pair != nullptr) add_pair_metrics(*pair, families);
  return telemetry::prometheus_page(metrics_, std::move(families));
}

}  // namespace tandem::app
