#include "config/model/validate.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>

#include "config/model/entry_point_address.h"
#include "config/model/validate_ha.h"

namespace tandem::model {
namespace {

using format::Problem;
using format::Problems;

constexpr std::array<std::string_view, 17> kProviderNames{"kubernetesgateway",
                                                          "kubernetescrd",
                                                          "kubernetes",
                                                          "kubernetesingressnginx",
                                                          "swarm",
                                                          "docker",
                                                          "file",
                                                          "redis",
                                                          "knative",
                                                          "consul",
                                                          "consulcatalog",
                                                          "nomad",
                                                          "etcd",
                                                          "ecs",
                                                          "http",
                                                          "zookeeper",
                                                          "rest"};

void add(Problems& problems, std::string path, std::string message, std::string suggestion = {}) {
  problems.push_back(
      {.position = {}, .path = std::move(path), .message = std::move(message), .suggestion = std::move(suggestion)});
}

/// An address, or an address and the number of its leading bits.
bool is_address_or_range(const std::string& text) {
  const std::size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const bool v4 = inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
  if (!v4 && inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return false;
  if (slash == std::string::npos) return true;
  const std::string_view bits = std::string_view(text).substr(slash + 1);
  unsigned count = 0;
  const auto [end, code] = std::from_chars(bits.data(), bits.data() + bits.size(), count);
  return code == std::errc{} && end == bits.data() + bits.size() && count <= (v4 ? 32U : 128U);
}

void check_trusted(Problems& problems, const std::string& path, const std::vector<std::string>& addresses) {
  for (const std::string& address : addresses) {
    if (!is_address_or_range(address))
      add(problems, path, fmt::format("invalid trusted IP: {}", address), "an address or a CIDR range");
  }
}

void check_entry_point(Problems& problems, const std::string& name, const EntryPoint& entry_point) {
  const std::string path = fmt::format("entryPoints.{}", name);
  const auto address = parse_entry_point_address(entry_point.address);
  if (!address) add(problems, path + ".address", address.error().message(), "[host]:port[/tcp|/udp]");
  check_trusted(problems, path + ".forwardedHeaders.trustedIPs", entry_point.forwardedHeaders.trustedIPs);
  if (entry_point.proxyProtocol)
    check_trusted(problems, path + ".proxyProtocol.trustedIPs", entry_point.proxyProtocol->trustedIPs);

  const std::string& strategy = entry_point.http.underscoreHeadersStrategy;
  if (strategy != "keep" && strategy != "delete" && strategy != "reject") {
    add(problems, path + ".http.underscoreHeadersStrategy", fmt::format("unknown strategy: {}", strategy),
        "keep, delete or reject");
  }
  const EntryPointHttp2& http2 = entry_point.http2;
  if (http2.maxConcurrentStreams < 0) add(problems, path + ".http2.maxConcurrentStreams", "must not be negative");
  if (http2.maxConcurrentStreams > std::numeric_limits<std::int32_t>::max())
    add(problems, path + ".http2.maxConcurrentStreams", "value out of range");
  if (http2.maxDecoderHeaderTableSize < 0)
    add(problems, path + ".http2.maxDecoderHeaderTableSize", "must not be negative");
  if (http2.maxEncoderHeaderTableSize < 0)
    add(problems, path + ".http2.maxEncoderHeaderTableSize", "must not be negative");
  if (entry_point.http3 && entry_point.http3->advertisedPort < 0)
    add(problems, path + ".http3.advertisedPort", "must not be negative");
  if (entry_point.udp.timeout.value.count() <= 0) add(problems, path + ".udp.timeout", "must be greater than zero");
  const RespondingTimeouts& timeouts = entry_point.transport.respondingTimeouts;
  if (timeouts.min_bytes_per_second() < 0) {
    add(problems, path + ".transport.respondingTimeouts.minBytesPerSecond", "must not be negative");
  }
}

void check_resolvers(Problems& problems, const std::map<std::string, CertificateResolver>& resolvers) {
  for (const auto& [name, resolver] : resolvers) {
    const std::string path = fmt::format("certificatesResolvers.{}", name);
    if (resolver.acme && resolver.tailscale) {
      add(problems, path,
          fmt::format("unable to initialize certificates resolver \"{}\", as ACME and Tailscale providers are mutually "
                      "exclusive",
                      name));
    }
    if (resolver.acme && resolver.acme->storage.empty()) {
      add(problems, path + ".acme.storage",
          fmt::format("unable to initialize certificates resolver \"{}\" with no storage location for the certificates",
                      name));
    }
  }
}

void check_providers(Problems& problems, const StaticConfiguration& c) {
  for (const std::string& name : c.providers.precedence) {
    if (std::ranges::find(kProviderNames, name) == kProviderNames.end()) {
      add(problems, "providers.precedence", fmt::format("provider \"{}\" is not a valid provider name", name));
    }
  }
  const auto& nginx = c.providers.kubernetesIngressNGINX;
  if (nginx && !nginx->watchNamespace.empty() && !nginx->watchNamespaceSelector.empty()) {
    add(problems, "providers.kubernetesIngressNGINX",
        "watchNamespace and watchNamespaceSelector options are mutually exclusive");
  }
  if (c.providers.knative && !(c.experimental && c.experimental->knative)) {
    add(problems, "providers.knative", "the experimental Knative feature must be enabled to use the Knative provider");
  }
}

void check_grpc(Problems& problems, std::string_view path, std::string_view subject,
                const std::optional<OtlpGrpc>& grpc) {
  if (!grpc || !grpc->tls || !grpc->insecure) return;
  add(problems, fmt::format("{}.otlp.grpc", path),
      fmt::format("{} OTLP GRPC: TLS and Insecure options are mutually exclusive", subject));
}

void check_telemetry(Problems& problems, const StaticConfiguration& c) {
  const bool otlp_logs = c.experimental && c.experimental->otlpLogs;
  if (c.accessLog && c.accessLog->otlp) {
    if (!otlp_logs) {
      add(problems, "accessLog.otlp", "the experimental OTLPLogs feature must be enabled to use OTLP access logging");
    }
    check_grpc(problems, "accessLog", "access logs", c.accessLog->otlp->grpc);
  }
  if (c.log && c.log->otlp) {
    if (!otlp_logs) add(problems, "log.otlp", "the experimental OTLPLogs feature must be enabled to use OTLP logging");
    check_grpc(problems, "log", "logs", c.log->otlp->grpc);
  }
  if (c.tracing && c.tracing->otlp) check_grpc(problems, "tracing", "tracing", c.tracing->otlp->grpc);
  if (c.metrics && c.metrics->otlp) check_grpc(problems, "metrics", "metrics", c.metrics->otlp->grpc);
}

bool is_url_path(std::string_view path) {
  constexpr std::string_view kOthers = "/_.:~-";
  return path.starts_with('/') && std::ranges::all_of(path, [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  kOthers.find(c) != std::string_view::npos;
         });
}

const format::Value* at(const format::Value& root, std::string_view path) {
  const format::Value* value = &root;
  while (value && !path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    value = value->find(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return value;
}

struct OldOption {
  std::string_view path;
  std::string_view instead;
};

constexpr OldOption kGone[] = {
    {"pilot", "remove it: Pilot does not exist any more"},
    {"experimental.http3", "entryPoints.NAME.http3"},
    {"providers.marathon", "remove it: Marathon is not supported any more"},
    {"providers.rancher", "remove it: Rancher 1 is not supported any more"},
    {"providers.docker.swarmMode", "providers.swarm"},
    {"providers.docker.tls.caOptional", "remove it: it has no effect"},
    {"providers.swarm.tls.caOptional", "remove it: it has no effect"},
    {"providers.consul.tls.caOptional", "remove it: it has no effect"},
    {"providers.etcd.tls.caOptional", "remove it: it has no effect"},
    {"providers.redis.tls.caOptional", "remove it: it has no effect"},
    {"providers.http.tls.caOptional", "remove it: it has no effect"},
    {"providers.consulCatalog.endpoint.tls.caOptional", "remove it: it has no effect"},
    {"providers.nomad.endpoint.tls.caOptional", "remove it: it has no effect"},
    {"providers.consul.namespace", "providers.consul.namespaces"},
    {"providers.consulCatalog.namespace", "providers.consulCatalog.namespaces"},
    {"providers.nomad.namespace", "providers.nomad.namespaces"},
    {"tracing.spanNameLimit", "remove it: it has no effect"},
    {"tracing.jaeger", "tracing.otlp"},
    {"tracing.zipkin", "tracing.otlp"},
    {"tracing.datadog", "tracing.otlp"},
    {"tracing.instana", "tracing.otlp"},
    {"tracing.haystack", "tracing.otlp"},
    {"tracing.elastic", "tracing.otlp"},
};

constexpr OldOption kFading[] = {
    {"core.defaultRuleSyntax", "rules in v3 syntax"},
    {"experimental.kubernetesGateway", "remove it: the provider needs no switch any more"},
    {"experimental.kubernetesIngressNGINX", "remove it: the provider needs no switch any more"},
    {"providers.kubernetesIngress.disableIngressClassLookup",
     "providers.kubernetesIngress.disableClusterScopeResources"},
    {"tracing.globalAttributes", "tracing.resourceAttributes"},
};

void collect(const format::Value& root, std::span<const OldOption> options, std::string_view message, Problems& into) {
  for (const OldOption& option : options) {
    const format::Value* value = at(root, option.path);
    if (!value || value->is_null()) continue;
    into.push_back({.position = value->position(),
                    .path = std::string(option.path),
                    .message = std::string(message),
                    .suggestion = std::string(option.instead)});
  }
}

}  // namespace

Problems validate(const StaticConfiguration& configuration) {
  Problems problems;
  for (const auto& [name, entry_point] : configuration.entryPoints) check_entry_point(problems, name, entry_point);
  check_resolvers(problems, configuration.certificatesResolvers);
  if (configuration.core) {
    const std::string& syntax = configuration.core->defaultRuleSyntax;
    if (syntax != "v2" && syntax != "v3") {
      add(problems, "core.defaultRuleSyntax",
          fmt::format("unsupported default rule syntax configuration: \"{}\"", syntax));
    }
  }
  check_providers(problems, configuration);
  check_telemetry(problems, configuration);
  if (configuration.api && !is_url_path(configuration.api->basePath)) {
    add(problems, "api.basePath", "API basePath must be a valid absolute URL path");
  }
  if (configuration.ocsp) {
    for (const auto& [url, replacement] : configuration.ocsp->responderOverrides) {
      if (replacement.empty()) {
        add(problems, "ocsp.responderOverrides",
            fmt::format("OCSP responder override value for {} cannot be empty", url));
      }
    }
  }
  if (configuration.ha) {
    const Problems found = validate_ha(*configuration.ha);
    problems.insert(problems.end(), found.begin(), found.end());
  }
  return problems;
}

DeprecatedOptions deprecated_options(const format::Value& root) {
  DeprecatedOptions found;
  collect(root, kGone, "incompatible deprecated install configuration option found", found.fatal);
  collect(root, kFading, "deprecated option", found.warnings);
  return found;
}

}  // namespace tandem::model
