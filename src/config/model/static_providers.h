#pragma once

// The `providers` section: where dynamic configuration comes from. Any thread; plain values.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"
#include "config/format/value.h"
#include "config/model/client_tls.h"
#include "config/model/static_providers_kubernetes.h"
#include "config/model/static_providers_labels.h"
#include "config/model/static_providers_stores.h"

namespace tandem::model {

/// Files (Traefik: providers.file).
struct FileProvider {
  std::string directory;                   ///< Folder: all supported files below it; wins over filename.
  bool watch = true;                       ///< Read files again when they change.
  std::string filename;                    ///< One file; .yml, .yaml, .toml or .json.
  bool debugLogGeneratedTemplate = false;  ///< Log the rendered templates (level DEBUG).
  bool operator==(const FileProvider&) const = default;
};
BOOST_DESCRIBE_STRUCT(FileProvider, (), (directory, watch, filename, debugLogGeneratedTemplate))

/// Configuration put through the API (Traefik: providers.rest).
struct Rest {
  bool insecure = false;  ///< Serve it on the entry point `traefik`, for everybody.
  bool operator==(const Rest&) const = default;
};
BOOST_DESCRIBE_STRUCT(Rest, (), (insecure))

/// Configuration fetched by HTTP (Traefik: providers.http).
struct HttpProvider {
  std::string endpoint;                                    ///< URL of the configuration (YAML or JSON); obligatory.
  format::Duration pollInterval{std::chrono::seconds(5)};  ///< Time between two requests.
  format::Duration pollTimeout{std::chrono::seconds(5)};   ///< Longest wait for an answer.
  std::map<std::string, format::Secret> headers;           ///< Sent with every request.
  std::optional<ClientTls> tls;                            ///< TLS towards it.
  std::int64_t maxResponseBodySize = -1;                   ///< Bytes; -1: no limit.
  bool operator==(const HttpProvider&) const = default;
};
BOOST_DESCRIBE_STRUCT(HttpProvider, (), (endpoint, pollInterval, pollTimeout, headers, tls, maxResponseBodySize))

/// All providers.
struct Providers {
  format::Duration providersThrottleDuration{
      std::chrono::seconds(2)};         ///< Shortest time between two configurations of one provider.
  std::vector<std::string> precedence;  ///< Whose router wins at equal priority; earlier wins; empty: nobody.
  std::optional<Docker> docker;
  std::optional<Swarm> swarm;
  std::optional<FileProvider> file;
  std::optional<KubernetesIngress> kubernetesIngress;
  std::optional<KubernetesIngressNginx> kubernetesIngressNGINX;
  std::optional<KubernetesCrd> kubernetesCRD;
  std::optional<KubernetesGateway> kubernetesGateway;
  std::optional<Knative> knative;
  std::optional<Rest> rest;
  std::optional<ConsulCatalog> consulCatalog;
  std::optional<Nomad> nomad;
  std::optional<Ecs> ecs;
  std::optional<ConsulKv> consul;
  std::optional<Etcd> etcd;
  std::optional<ZooKeeper> zooKeeper;
  std::optional<Redis> redis;
  std::optional<HttpProvider> http;
  std::map<std::string, format::Value> plugin;  ///< Plugin name to its own options.
  static constexpr std::array kMayStandAlone{"docker",
                                             "swarm",
                                             "kubernetesIngress",
                                             "kubernetesIngressNGINX",
                                             "kubernetesCRD",
                                             "kubernetesGateway",
                                             "knative",
                                             "rest",
                                             "consulCatalog",
                                             "nomad",
                                             "ecs",
                                             "consul",
                                             "etcd",
                                             "zooKeeper",
                                             "redis",
                                             "http"};
  static constexpr std::array kNotBuilt{"docker",
                                        "swarm",
                                        "kubernetesIngress",
                                        "kubernetesIngressNGINX",
                                        "kubernetesCRD",
                                        "kubernetesGateway",
                                        "knative",
                                        "rest",
                                        "consulCatalog",
                                        "nomad",
                                        "ecs",
                                        "consul",
                                        "etcd",
                                        "zooKeeper",
                                        "redis",
                                        "http",
                                        "plugin"};
  bool operator==(const Providers&) const = default;
};
BOOST_DESCRIBE_STRUCT(Providers, (),
                      (providersThrottleDuration, precedence, docker, swarm, file, kubernetesIngress,
                       kubernetesIngressNGINX, kubernetesCRD, kubernetesGateway, knative, rest, consulCatalog, nomad,
                       ecs, consul, etcd, zooKeeper, redis, http, plugin))

}  // namespace tandem::model
