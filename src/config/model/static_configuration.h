#pragma once

// Root of the static configuration: what is read once at start. Any thread; a plain value, owned by app.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"
#include "config/model/high_availability.h"
#include "config/model/servers_transport.h"
#include "config/model/static_certificates.h"
#include "config/model/static_entry_points.h"
#include "config/model/static_observability.h"
#include "config/model/static_providers.h"
#include "config/model/tcp_dynamic.h"

namespace tandem::model {

/// Program-wide switches (Traefik: global). tandem never calls home, whatever they say.
struct Global {
  bool checkNewVersion = true;          ///< No effect.
  bool sendAnonymousUsage = false;      ///< No effect.
  bool notAppendXForwardedFor = false;  ///< No effect in Traefik either; the entry point's option counts.
  bool operator==(const Global&) const = default;
};
BOOST_DESCRIBE_STRUCT(Global, (), (checkNewVersion, sendAnonymousUsage, notAppendXForwardedFor))

/// Follows CNAMEs of the requested host (Traefik: hostResolver).
struct HostResolver {
  bool cnameFlattening = false;                   ///< Try the host's CNAMEs in rules too.
  std::string resolvConfig = "/etc/resolv.conf";  ///< File that names the DNS servers.
  std::int64_t resolvDepth = 5;                   ///< Longest chain of CNAMEs.
  bool operator==(const HostResolver&) const = default;
};
BOOST_DESCRIBE_STRUCT(HostResolver, (), (cnameFlattening, resolvConfig, resolvDepth))

/// What a plugin may use.
struct PluginHostSettings {
  std::vector<std::string> envs;    ///< Environment variables it sees.
  std::vector<std::string> mounts;  ///< Folders it sees.
  bool useUnsafe = false;           ///< Allow Go's packages unsafe and syscall.
  bool operator==(const PluginHostSettings&) const = default;
};
BOOST_DESCRIBE_STRUCT(PluginHostSettings, (), (envs, mounts, useUnsafe))

/// A plugin to fetch.
struct PluginDescriptor {
  std::string moduleName;       ///< Go module.
  std::string version;          ///< Its version.
  std::string hash;             ///< SHA-256 of its archive; empty: not checked.
  PluginHostSettings settings;  ///< What it may use.
  bool operator==(const PluginDescriptor&) const = default;
};
BOOST_DESCRIBE_STRUCT(PluginDescriptor, (), (moduleName, version, hash, settings))

/// A plugin on disk.
struct LocalPluginDescriptor {
  std::string moduleName;       ///< Go module, a folder in plugins-local/src.
  PluginHostSettings settings;  ///< What it may use.
  bool operator==(const LocalPluginDescriptor&) const = default;
};
BOOST_DESCRIBE_STRUCT(LocalPluginDescriptor, (), (moduleName, settings))

/// Traefik's other HTTP/1 proxy; tandem has one only.
struct FastProxy {
  bool debug = false;  ///< Mark requests by X-Traefik-Fast-Proxy.
  bool operator==(const FastProxy&) const = default;
};
BOOST_DESCRIBE_STRUCT(FastProxy, (), (debug))

/// Traefik's experiments (Traefik: experimental).
struct Experimental {
  std::map<std::string, PluginDescriptor> plugins;            ///< Plugins to fetch, by name.
  std::map<std::string, LocalPluginDescriptor> localPlugins;  ///< Plugins on disk, by name.
  bool abortOnPluginFailure = false;                          ///< A plugin that does not load ends the start.
  std::optional<FastProxy> fastProxy;
  bool otlpLogs = false;                ///< Allow otlp in log and accessLog.
  bool knative = false;                 ///< Allow the provider knative.
  bool kubernetesIngressNGINX = false;  ///< Deprecated; no effect.
  bool kubernetesGateway = false;       ///< Deprecated; no effect.
  static constexpr std::array kMayStandAlone{"fastProxy"};
  bool operator==(const Experimental&) const = default;
};
BOOST_DESCRIBE_STRUCT(Experimental, (),
                      (plugins, localPlugins, abortOnPluginFailure, fastProxy, otlpLogs, knative,
                       kubernetesIngressNGINX, kubernetesGateway))

/// Router rules (Traefik: core).
struct Core {
  std::string defaultRuleSyntax = "v3";  ///< Deprecated: v2 or v3.
  bool operator==(const Core&) const = default;
};
BOOST_DESCRIBE_STRUCT(Core, (), (defaultRuleSyntax))

/// The root; every member is a section of the file.
struct StaticConfiguration {
  Global global;
  StaticServersTransport serversTransport;
  StaticTcpServersTransport tcpServersTransport;
  std::map<std::string, EntryPoint> entryPoints;
  Providers providers;
  std::optional<Api> api;
  std::optional<Metrics> metrics;
  std::optional<Ping> ping;
  std::optional<Log> log;
  std::optional<AccessLog> accessLog;
  std::optional<Tracing> tracing;
  std::optional<HostResolver> hostResolver;
  std::map<std::string, CertificateResolver> certificatesResolvers;
  std::optional<Experimental> experimental;
  std::optional<Core> core;
  std::optional<SpiffeSource> spiffe;
  std::optional<Ocsp> ocsp;
  std::optional<HighAvailability> ha;
  /// Where tandem keeps what sources held when it was last accepted (ours). Empty: $STATE_DIRECTORY, else
  /// /var/lib/tandem for root, else ~/.local/state/tandem.
  std::string stateDirectory;
  static constexpr std::array kMayStandAlone{"api", "ping", "log", "accessLog", "tracing", "hostResolver", "ocsp"};
  static constexpr std::array kNotBuilt{"tcpServersTransport",   "tracing",      "hostResolver",
                                        "certificatesResolvers", "experimental", "spiffe"};
  bool operator==(const StaticConfiguration&) const = default;
};
BOOST_DESCRIBE_STRUCT(StaticConfiguration, (),
                      (global, serversTransport, tcpServersTransport, entryPoints, providers, api, metrics, ping, log,
                       accessLog, tracing, hostResolver, certificatesResolvers, experimental, core, spiffe, ocsp, ha,
                       stateDirectory))

}  // namespace tandem::model
