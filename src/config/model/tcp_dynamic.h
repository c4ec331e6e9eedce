#pragma once

// TCP routers, services, middlewares and transports of the dynamic configuration. Any thread; plain values.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/format/described.h"
#include "config/model/client_tls.h"
#include "config/model/router_tls.h"

namespace tandem::model {

/// TLS of a TCP router (Traefik: tcp.routers.NAME.tls).
struct TcpRouterTls {
  std::optional<bool> passthrough = false;  ///< Hand TLS on unopened.
  std::string options;                      ///< Name of TLS options; empty: default.
  std::string certResolver;                 ///< Name of a certificate resolver.
  std::vector<Domain> domains;              ///< Names to order; empty: those of the rule.
  bool operator==(const TcpRouterTls&) const = default;
};
BOOST_DESCRIBE_STRUCT(TcpRouterTls, (), (passthrough, options, certResolver, domains))

/// Decides which connections go to which service (Traefik: tcp.routers.NAME).
struct TcpRouter {
  std::vector<std::string> entryPoints;  ///< Where it listens; empty: the default entry points.
  std::vector<std::string> middlewares;  ///< Run in this order.
  std::string service;                   ///< Name of the service.
  std::string rule;                      ///< Which connections match: HostSNI, HostSNIRegexp, ALPN, ClientIP.
  std::string ruleSyntax;                ///< v2, v3 or default; empty: core.defaultRuleSyntax.
  std::int64_t priority = 0;             ///< 0: the length of the rule, HostSNI(`*`): -1.
  std::optional<TcpRouterTls> tls;       ///< Presence: TLS only.
  static constexpr std::array kMayStandAlone{"tls"};
  bool operator==(const TcpRouter&) const = default;
};
BOOST_DESCRIBE_STRUCT(TcpRouter, (), (entryPoints, middlewares, service, rule, ruleSyntax, priority, tls))

/// PROXY protocol towards a server.
struct ProxyProtocolVersion {
  std::int64_t version = 2;  ///< 1 or 2.
  bool operator==(const ProxyProtocolVersion&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProxyProtocolVersion, (), (version))

/// One server of a load balancer.
struct TcpServer {
  std::string address;  ///< host:port.
  std::string port;     ///< In labels: port of the address.
  bool tls = false;     ///< TLS towards it.
  bool operator==(const TcpServer&) const = default;
};
BOOST_DESCRIBE_STRUCT(TcpServer, (), (address, port, tls))

/// Active probing (Traefik: tcp loadBalancer.healthCheck).
struct TcpServerHealthCheck {
  std::int64_t port = 0;                                ///< 0: the server's.
  std::string send;                                     ///< Text to send; empty: only connect.
  std::string expect;                                   ///< Text the server must answer; empty: none.
  format::Duration interval{std::chrono::seconds(30)};  ///< Time between two probes.
  std::optional<format::Duration> unhealthyInterval;    ///< Absent: interval.
  format::Duration timeout{std::chrono::seconds(5)};    ///< Longest wait for an answer.
  bool operator==(const TcpServerHealthCheck&) const = default;
};
BOOST_DESCRIBE_STRUCT(TcpServerHealthCheck, (), (port, send, expect, interval, unhealthyInterval, timeout))

/// Spreads connections over servers (Traefik: tcp.services.NAME.loadBalancer).
struct TcpLoadBalancer {
  std::vector<TcpServer> servers;                     ///< The servers.
  std::string serversTransport;                       ///< How to connect; empty: default@internal.
  std::optional<ProxyProtocolVersion> proxyProtocol;  ///< Deprecated: use the transport's.
  std::optional<std::int64_t> terminationDelay;       ///< Deprecated: nanoseconds; use the transport's.
  std::optional<TcpServerHealthCheck> healthCheck;
  static constexpr std::array kSingle{std::pair{"server", "servers"}};
  static constexpr std::array kMayStandAlone{"proxyProtocol", "healthCheck"};
  bool operator==(const TcpLoadBalancer&) const = default;
};
BOOST_DESCRIBE_STRUCT(TcpLoadBalancer, (), (servers, serversTransport, proxyProtocol, terminationDelay, healthCheck))

/// Presence makes a balancer report upwards; no options.
struct TcpHealthPropagation {
  bool operator==(const TcpHealthPropagation&) const = default;
};
BOOST_DESCRIBE_STRUCT(TcpHealthPropagation, (), ())

/// A service with its share.
struct TcpWeightedChild {
  std::string name;                        ///< Name of the service.
  std::optional<std::int64_t> weight = 1;  ///< Share; 0: never chosen.
  bool operator==(const TcpWeightedChild&) const = default;
};
BOOST_DESCRIBE_STRUCT(TcpWeightedChild, (), (name, weight))

/// Spreads connections over services.
struct TcpWeighted {
  std::vector<TcpWeightedChild> services;  ///< The services.
  std::optional<TcpHealthPropagation> healthCheck;
  static constexpr std::array kMayStandAlone{"healthCheck"};
  bool operator==(const TcpWeighted&) const = default;
};
BOOST_DESCRIBE_STRUCT(TcpWeighted, (), (services, healthCheck))

/// Exactly one kind is set (Traefik: tcp.services.NAME).
struct TcpService {
  std::optional<TcpLoadBalancer> loadBalancer;
  std::optional<TcpWeighted> weighted;
  bool operator==(const TcpService&) const = default;
};
BOOST_DESCRIBE_STRUCT(TcpService, (), (loadBalancer, weighted))

/// Limits connections per address.
struct InFlightConn {
  std::int64_t amount = 0;  ///< Open connections allowed for each address.
  bool operator==(const InFlightConn&) const = default;
};
BOOST_DESCRIBE_STRUCT(InFlightConn, (), (amount))

/// Admits listed addresses only.
struct TcpIpAllowList {
  std::vector<std::string> sourceRange;  ///< Addresses and CIDR ranges.
  bool operator==(const TcpIpAllowList&) const = default;
};
BOOST_DESCRIBE_STRUCT(TcpIpAllowList, (), (sourceRange))

/// Exactly one kind is set (Traefik: tcp.middlewares.NAME).
struct TcpMiddleware {
  std::optional<InFlightConn> inFlightConn;
  std::optional<TcpIpAllowList> ipWhiteList;  ///< Deprecated name of ipAllowList.
  std::optional<TcpIpAllowList> ipAllowList;
  bool operator==(const TcpMiddleware&) const = default;
};
BOOST_DESCRIBE_STRUCT(TcpMiddleware, (), (inFlightConn, ipWhiteList, ipAllowList))

/// TLS towards TCP servers.
struct TcpClientTls {
  std::string serverName;                 ///< SNI and name to verify; empty: the server's.
  bool insecureSkipVerify = false;        ///< Accept any certificate.
  std::vector<std::string> rootCAs;       ///< Certificate authorities: paths or PEM; empty: the system's.
  std::vector<Certificate> certificates;  ///< Client certificates.
  std::string peerCertURI;                ///< URI the server's certificate must hold.
  std::optional<Spiffe> spiffe;
  static constexpr std::array kMayStandAlone{"spiffe"};
  bool operator==(const TcpClientTls&) const = default;
};
BOOST_DESCRIBE_STRUCT(TcpClientTls, (), (serverName, insecureSkipVerify, rootCAs, certificates, peerCertURI, spiffe))

/// How to connect to TCP servers (Traefik: tcp.serversTransports.NAME).
struct TcpServersTransport {
  format::Duration dialKeepAlive{std::chrono::seconds(15)};  ///< Time between keep-alive probes; 0: the system's.
  format::Duration dialTimeout{std::chrono::seconds(30)};    ///< Until connected; 0: no limit.
  std::optional<ProxyProtocolVersion> proxyProtocol;
  format::Duration terminationDelay{
      std::chrono::milliseconds(100)};  ///< How long the other half lives when one half ended; negative: for ever.
  std::optional<TcpClientTls> tls;
  static constexpr std::array kMayStandAlone{"proxyProtocol", "tls"};
  bool operator==(const TcpServersTransport&) const = default;
};
BOOST_DESCRIBE_STRUCT(TcpServersTransport, (), (dialKeepAlive, dialTimeout, proxyProtocol, terminationDelay, tls))

/// The `tcp` section.
struct TcpConfiguration {
  std::map<std::string, TcpRouter> routers;
  std::map<std::string, TcpService> services;
  std::map<std::string, TcpMiddleware> middlewares;
  std::map<std::string, TcpServersTransport> serversTransports;
  bool operator==(const TcpConfiguration&) const = default;
};
BOOST_DESCRIBE_STRUCT(TcpConfiguration, (), (routers, services, middlewares, serversTransports))

/// TLS of the default TCP transport.
struct StaticTcpClientTls {
  bool insecureSkipVerify = false;   ///< Accept any certificate.
  std::vector<std::string> rootCAs;  ///< Certificate authorities: paths or PEM; empty: the system's.
  std::optional<Spiffe> spiffe;
  static constexpr std::array kMayStandAlone{"spiffe"};
  bool operator==(const StaticTcpClientTls&) const = default;
};
BOOST_DESCRIBE_STRUCT(StaticTcpClientTls, (), (insecureSkipVerify, rootCAs, spiffe))

/// Becomes the TCP transport default@internal (Traefik: static tcpServersTransport).
struct StaticTcpServersTransport {
  format::Duration dialKeepAlive{std::chrono::seconds(15)};  ///< Time between keep-alive probes; 0: the system's.
  format::Duration dialTimeout{std::chrono::seconds(30)};    ///< Until connected; 0: no limit.
  format::Duration terminationDelay;  ///< How long the other half lives when one half ended; negative: for ever.
  std::optional<StaticTcpClientTls> tls;
  static constexpr std::array kMayStandAlone{"tls"};
  bool operator==(const StaticTcpServersTransport&) const = default;
};
BOOST_DESCRIBE_STRUCT(StaticTcpServersTransport, (), (dialKeepAlive, dialTimeout, terminationDelay, tls))

}  // namespace tandem::model
