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
  bool exposedByDefault = true;     ///< Take those without the label `traefik.enable` too.
  std::string constraints;          ///< Only those whose labels fit this expression; empty: all.
  bool allowEmptyServices = false;  ///< Keep unhealthy containers as services without servers.
  std::string network;              ///< Network whose addresses count; empty: any.
  bool useBindPortIP = false;       ///< Use address and port bound on the host.
  bool watch = true;                ///< Follow Docker's events.
  std::string defaultRule = "Host(`{{ normalize .Name }}`)";  ///< Rule (a template) of routers without one.
  std::string username;                                  ///< User for basic authentication (http and https endpoints).
  format::Secret password;                               ///< Its password.
  std::string endpoint = "unix:///var/run/docker.sock";  ///< Docker's socket or URL (unix, tcp, http, https, ssh).
  std::optional<ClientTls> tls;                          ///< TLS towards it.
  format::Duration httpClientTimeout;                    ///< Longest time of a request; 0: no limit.
  bool operator==(const Docker&) const = default;
};
BOOST_DESCRIBE_STRUCT(Docker, (),
                      (exposedByDefault, constraints, allowEmptyServices, network, useBindPortIP, watch, defaultRule,
                       username, password, endpoint, tls, httpClientTimeout))

/// Services of a swarm (Traefik: providers.swarm).
struct Swarm {
  bool exposedByDefault = true;     ///< Take those without the label `traefik.enable` too.
  std::string constraints;          ///< Only those whose labels fit this expression; empty: all.
  bool allowEmptyServices = false;  ///< Keep services without running tasks.
  std::string network;              ///< Network whose addresses count; empty: any.
  bool useBindPortIP = false;       ///< Use address and port bound on the host.
  bool watch = true;                ///< Follow changes.
  std::string defaultRule = "Host(`{{ normalize .Name }}`)";  ///< Rule (a template) of routers without one.
  std::string username;                                  ///< User for basic authentication (http and https endpoints).
  format::Secret password;                               ///< Its password.
  std::string endpoint = "unix:///var/run/docker.sock";  ///< Socket or URL of a manager (unix, tcp, http, https, ssh).
  std::optional<ClientTls> tls;                          ///< TLS towards it.
  format::Duration httpClientTimeout;                    ///< Longest time of a request; 0: no limit.
  format::Duration refreshSeconds{std::chrono::seconds(15)};  ///< Time between two looks.
  bool operator==(const Swarm&) const = default;
};
BOOST_DESCRIBE_STRUCT(Swarm, (),
                      (exposedByDefault, constraints, allowEmptyServices, network, useBindPortIP, watch, defaultRule,
                       username, password, endpoint, tls, httpClientTimeout, refreshSeconds))

/// Basic authentication towards Consul.
struct ConsulHttpAuth {
  std::string username;     ///< User.
  format::Secret password;  ///< Password.
  bool operator==(const ConsulHttpAuth&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConsulHttpAuth, (), (username, password))

/// Where Consul is.
struct ConsulEndpoint {
  std::string address;           ///< host:port; empty: 127.0.0.1:8500.
  std::string scheme;            ///< http or https; empty: http.
  std::string datacenter;        ///< Data centre; empty: the agent's own.
  format::Secret token;          ///< Access token.
  std::optional<ClientTls> tls;  ///< TLS towards it.
  std::optional<ConsulHttpAuth> httpAuth;
  format::Duration endpointWaitTime;  ///< Longest wait of a watch; 0: the server's own.
  bool operator==(const ConsulEndpoint&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConsulEndpoint, (), (address, scheme, datacenter, token, tls, httpAuth, endpointWaitTime))

/// Services of Consul (Traefik: providers.consulCatalog).
struct ConsulCatalog {
  std::string constraints;  ///< Only those whose labels fit this expression; empty: all.
  ConsulEndpoint endpoint;
  std::string prefix = "traefik";                               ///< Beginning of the tags that are read.
  format::Duration refreshInterval{std::chrono::seconds(15)};   ///< Time between two looks.
  bool requireConsistent = false;                               ///< Ask for consistent reads.
  bool stale = false;                                           ///< Allow stale reads.
  bool cache = false;                                           ///< Let the agent answer from its cache.
  bool exposedByDefault = true;                                 ///< Take those without the label `traefik.enable` too.
  std::string defaultRule = "Host(`{{ normalize .Name }}`)";    ///< Rule (a template) of routers without one.
  bool connectAware = false;                                    ///< Know Consul Connect.
  bool connectByDefault = false;                                ///< Use Connect for every service.
  std::string serviceName = "traefik";                          ///< Name under which Connect knows the proxy.
  bool watch = false;                                           ///< Watch for changes instead of looking at intervals.
  std::vector<std::string> strictChecks{"passing", "warning"};  ///< States of health that get traffic; `any`: all.
  std::vector<std::string> namespaces;                          ///< Namespaces (Enterprise); empty: the default one.
  bool operator==(const ConsulCatalog&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConsulCatalog, (),
                      (constraints, endpoint, prefix, refreshInterval, requireConsistent, stale, cache,
                       exposedByDefault, defaultRule, connectAware, connectByDefault, serviceName, watch, strictChecks,
                       namespaces))

/// Where Nomad is.
struct NomadEndpoint {
  std::string address = "http://127.0.0.1:4646";  ///< URL of Nomad.
  std::string region;                             ///< Region; empty: the agent's own.
  format::Secret token;                           ///< Access token.
  std::optional<ClientTls> tls;                   ///< TLS towards it.
  format::Duration endpointWaitTime;              ///< Longest wait of a watch; 0: the server's own.
  bool operator==(const NomadEndpoint&) const = default;
};
BOOST_DESCRIBE_STRUCT(NomadEndpoint, (), (address, region, token, tls, endpointWaitTime))

/// Services of Nomad (Traefik: providers.nomad).
struct Nomad {
  std::string defaultRule = "Host(`{{ normalize .Name }}`)";  ///< Rule (a template) of routers without one.
  std::string constraints;  ///< Only those whose labels fit this expression; empty: all.
  NomadEndpoint endpoint;
  std::string prefix = "traefik";                              ///< Beginning of the tags that are read.
  bool stale = false;                                          ///< Allow stale reads.
  bool exposedByDefault = true;                                ///< Take those without the label `traefik.enable` too.
  format::Duration refreshInterval{std::chrono::seconds(15)};  ///< Time between two looks.
  bool allowEmptyServices = false;                             ///< Keep services that are scaled to nothing.
  bool watch = false;                   ///< Follow Nomad's events instead of looking at intervals.
  format::Duration throttleDuration;    ///< Shortest time between two looks; needs watch.
  std::vector<std::string> namespaces;  ///< Namespaces; empty: the default one.
  bool operator==(const Nomad&) const = default;
};
BOOST_DESCRIBE_STRUCT(Nomad, (),
                      (defaultRule, constraints, endpoint, prefix, stale, exposedByDefault, refreshInterval,
                       allowEmptyServices, watch, throttleDuration, namespaces))

/// Tasks of Amazon ECS (Traefik: providers.ecs).
struct Ecs {
  std::string constraints;           ///< Only those whose labels fit this expression; empty: all.
  bool exposedByDefault = true;      ///< Take those without the label `traefik.enable` too.
  std::int64_t refreshSeconds = 15;  ///< Seconds between two looks.
  std::string defaultRule = "Host(`{{ normalize .Name }}`)";  ///< Rule (a template) of routers without one.
  std::vector<std::string> clusters{"default"};               ///< Clusters that are read.
  bool autoDiscoverClusters = false;                          ///< Read all clusters.
  bool healthyTasksOnly = false;                              ///< Only tasks that Amazon calls healthy.
  bool ecsAnywhere = false;                                   ///< External instances too.
  std::string region;                                         ///< Region; empty: the instance's own.
  std::string accessKeyID;                                    ///< Access key; empty: from environment or instance.
  format::Secret secretAccessKey;                             ///< Its secret.
  bool operator==(const Ecs&) const = default;
};
BOOST_DESCRIBE_STRUCT(Ecs, (),
                      (constraints, exposedByDefault, refreshSeconds, defaultRule, clusters, autoDiscoverClusters,
                       healthyTasksOnly, ecsAnywhere, region, accessKeyID, secretAccessKey))

}  // namespace tandem::model
