#pragma once

// Providers that read labels or tags: Docker, Swarm, Consul Catalog, Nomad, ECS. Any thread; plain values.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"
#include "config/model/client_tls.h"

namespace tandem::model {

/// Containers (Traefik: providers.docker).
struct Docker {
  bool exposedByDefault = true;
  std::string constraints;
  bool allowEmptyServices = false;
  std::string network;
  bool useBindPortIP = false;
  bool watch = true;
  std::string defaultRule = "Host(`{{ normalize .Name }}`)";
  std::string username;
  format::Secret password;
  std::string endpoint = "unix:///var/run/docker.sock";
  std::optional<ClientTls> tls;
  format::Duration httpClientTimeout;
  bool operator==(const Docker&) const = default;
};
BOOST_DESCRIBE_STRUCT(Docker, (),
                      (exposedByDefault, constraints, allowEmptyServices, network, useBindPortIP, watch, defaultRule,
                       username, password, endpoint, tls, httpClientTimeout))

/// Services of a swarm (Traefik: providers.swarm).
struct Swarm {
  bool exposedByDefault = true;
  std::string constraints;
  bool allowEmptyServices = false;
  std::string network;
  bool useBindPortIP = false;
  bool watch = true;
  std::string defaultRule = "Host(`{{ normalize .Name }}`)";
  std::string username;
  format::Secret password;
  std::string endpoint = "unix:///var/run/docker.sock";
  std::optional<ClientTls> tls;
  format::Duration httpClientTimeout;
  format::Duration refreshSeconds{std::chrono::seconds(15)};
  bool operator==(const Swarm&) const = default;
};
BOOST_DESCRIBE_STRUCT(Swarm, (),
                      (exposedByDefault, constraints, allowEmptyServices, network, useBindPortIP, watch, defaultRule,
                       username, password, endpoint, tls, httpClientTimeout, refreshSeconds))

/// Basic authentication towards Consul.
struct ConsulHttpAuth {
  std::string username;
  format::Secret password;
  bool operator==(const ConsulHttpAuth&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConsulHttpAuth, (), (username, password))

/// Where Consul is.
struct ConsulEndpoint {
  std::string address;
  std::string scheme;
  std::string datacenter;
  format::Secret token;
  std::optional<ClientTls> tls;
  std::optional<ConsulHttpAuth> httpAuth;
  format::Duration endpointWaitTime;
  bool operator==(const ConsulEndpoint&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConsulEndpoint, (), (address, scheme, datacenter, token, tls, httpAuth, endpointWaitTime))

/// Services of Consul (Traefik: providers.consulCatalog).
struct ConsulCatalog {
  std::string constraints;
  ConsulEndpoint endpoint;
  std::string prefix = "traefik";
  format::Duration refreshInterval{std::chrono::seconds(15)};
  bool requireConsistent = false;
  bool stale = false;
  bool cache = false;
  bool exposedByDefault = true;
  std::string defaultRule = "Host(`{{ normalize .Name }}`)";
  bool connectAware = false;
  bool connectByDefault = false;
  std::string serviceName = "traefik";
  bool watch = false;
  std::vector<std::string> strictChecks{"passing", "warning"};
  std::vector<std::string> namespaces;
  bool operator==(const ConsulCatalog&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConsulCatalog, (),
                      (constraints, endpoint, prefix, refreshInterval, requireConsistent, stale, cache,
                       exposedByDefault, defaultRule, connectAware, connectByDefault, serviceName, watch, strictChecks,
                       namespaces))

/// Where Nomad is.
struct NomadEndpoint {
  std::string address = "http://127.0.0.1:4646";
  std::string region;
  format::Secret token;
  std::optional<ClientTls> tls;
  format::Duration endpointWaitTime;
  bool operator==(const NomadEndpoint&) const = default;
};
BOOST_DESCRIBE_STRUCT(NomadEndpoint, (), (address, region, token, tls, endpointWaitTime))

/// Services of Nomad (Traefik: providers.nomad).
struct Nomad {
  std::string defaultRule = "Host(`{{ normalize .Name }}`)";
  std::string constraints;
  NomadEndpoint endpoint;
  std::string prefix = "traefik";
  bool stale = false;
  bool exposedByDefault = true;
  format::Duration refreshInterval{std::chrono::seconds(15)};
  bool allowEmptyServices = false;
  bool watch = false;
  format::Duration throttleDuration;
  std::vector<std::string> namespaces;
  bool operator==(const Nomad&) const = default;
};
BOOST_DESCRIBE_STRUCT(Nomad, (),
                      (defaultRule, constraints, endpoint, prefix, stale, exposedByDefault, refreshInterval,
                       allowEmptyServices, watch, throttleDuration, namespaces))

/// Tasks of Amazon ECS (Traefik: providers.ecs).
struct Ecs {
  std::string constraints;
  bool exposedByDefault = true;
  std::int64_t refreshSeconds = 15;
  std::string defaultRule = "Host(`{{ normalize .Name }}`)";
  std::vector<std::string> clusters{"default"};
  bool autoDiscoverClusters = false;
  bool healthyTasksOnly = false;
  bool ecsAnywhere = false;
  std::string region;
  std::string accessKeyID;
  format::Secret secretAccessKey;
  bool operator==(const Ecs&) const = default;
};
BOOST_DESCRIBE_STRUCT(Ecs, (),
                      (constraints, exposedByDefault, refreshSeconds, defaultRule, clusters, autoDiscoverClusters,
                       healthyTasksOnly, ecsAnywhere, region, accessKeyID, secretAccessKey))

}  // namespace tandem::model
