#pragma once

// HTTP services of the dynamic configuration: one of several kinds of balancing. Any thread; plain values.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/format/described.h"

namespace tandem::model {

/// The cookie that keeps a client at one server (Traefik: sticky.cookie).
struct StickyCookie {
  std::string name;                       ///< Its name; empty: derived from the service's.
  bool secure = false;                    ///< Send it over TLS only.
  bool httpOnly = false;                  ///< Hide it from scripts.
  std::string sameSite;                   ///< none, lax or strict; empty: not sent.
  std::int64_t maxAge = 0;                ///< Seconds it lives; 0: until the browser closes.
  std::optional<std::string> path = "/";  ///< Path the cookie is for.
  std::string domain;                     ///< Domain the cookie is for.
  bool operator==(const StickyCookie&) const = default;
};
BOOST_DESCRIBE_STRUCT(StickyCookie, (), (name, secure, httpOnly, sameSite, maxAge, path, domain))

/// Keeps a client at one server.
struct Sticky {
  std::optional<StickyCookie> cookie;  ///< The cookie that does it.
  static constexpr std::array kMayStandAlone{"cookie"};
  bool operator==(const Sticky&) const = default;
};
BOOST_DESCRIBE_STRUCT(Sticky, (), (cookie))

/// Presence makes a balancer report upwards whether any child lives; it has no options.
struct HealthPropagation {
  bool operator==(const HealthPropagation&) const = default;
};
BOOST_DESCRIBE_STRUCT(HealthPropagation, (), ())

/// Active probing of servers (Traefik: loadBalancer.healthCheck).
struct ServerHealthCheck {
  std::string scheme;                                   ///< Replaces the server's scheme; empty: does not.
  std::string mode = "http";                            ///< http or grpc.
  std::string path;                                     ///< Path to ask.
  std::string method;                                   ///< Empty: GET.
  std::int64_t status = 0;                              ///< Expected status; 0: 2xx and 3xx.
  std::int64_t port = 0;                                ///< Replaces the server's port; 0: does not.
  format::Duration interval{std::chrono::seconds(30)};  ///< Time between two probes.
  std::optional<format::Duration> unhealthyInterval;    ///< The same for servers that are down; absent: interval.
  format::Duration timeout{std::chrono::seconds(5)};    ///< Longest wait for an answer.
  std::string hostname;                                 ///< Host header to send; empty: the server's.
  std::optional<bool> followRedirects = true;           ///< Follow redirects of the answer.
  std::map<std::string, std::string> headers;           ///< Headers to send.
  bool operator==(const ServerHealthCheck&) const = default;
};
BOOST_DESCRIBE_STRUCT(ServerHealthCheck, (),
                      (scheme, mode, path, method, status, port, interval, unhealthyInterval, timeout, hostname,
                       followRedirects, headers))

/// Takes failing servers out by watching requests (Traefik: loadBalancer.passiveHealthCheck).
struct PassiveServerHealthCheck {
  format::Duration failureWindow{std::chrono::seconds(10)};  ///< Failures are counted within this time.
  std::int64_t maxFailedAttempts = 1;                        ///< So many failures take a server out.
  bool operator==(const PassiveServerHealthCheck&) const = default;
};
BOOST_DESCRIBE_STRUCT(PassiveServerHealthCheck, (), (failureWindow, maxFailedAttempts))

/// One server of a load balancer.
struct HttpServer {
  std::string url;                     ///< http, https or h2c; its path counts only with preservePath.
  std::optional<std::int64_t> weight;  ///< Absent: 1; 0 or less: never chosen.
  bool preservePath = false;           ///< Put the URL's path before the request's.
  std::string scheme;                  ///< In labels: scheme of the generated URL.
  std::string port;                    ///< In labels: port of the generated URL.
  bool operator==(const HttpServer&) const = default;
};
BOOST_DESCRIBE_STRUCT(HttpServer, (), (url, weight, preservePath, scheme, port))

/// How response bodies are handed on.
struct ResponseForwarding {
  format::Duration flushInterval{
      std::chrono::milliseconds(100)};  ///< No effect: nothing is held back (Traefik: the longest time it is).
  bool operator==(const ResponseForwarding&) const = default;
};
BOOST_DESCRIBE_STRUCT(ResponseForwarding, (), (flushInterval))

/// Spreads requests over servers (Traefik: http.services.NAME.loadBalancer).
struct LoadBalancer {
  std::optional<Sticky> sticky;                                ///< Keeps clients at one server.
  std::vector<HttpServer> servers;                             ///< The servers.
  std::string strategy = "wrr";                                ///< wrr, p2c, hrw or leasttime; empty: wrr.
  std::optional<ServerHealthCheck> healthCheck;                ///< Asks servers whether they live.
  std::optional<PassiveServerHealthCheck> passiveHealthCheck;  ///< Takes servers out by how requests to them end.
  std::optional<bool> passHostHeader = true;                   ///< Send the client's Host; false: the server's.
  ResponseForwarding responseForwarding;                       ///< How bodies are handed on.
  std::string serversTransport;                                ///< How to connect; empty: default@internal.
  static constexpr std::array kSingle{std::pair{"server", "servers"}};
  static constexpr std::array kMayStandAlone{"sticky"};
  static constexpr std::array kNotBuilt{"sticky", "healthCheck", "passiveHealthCheck"};
  bool operator==(const LoadBalancer&) const = default;
};
BOOST_DESCRIBE_STRUCT(LoadBalancer, (),
                      (sticky, servers, strategy, healthCheck, passiveHealthCheck, passHostHeader, responseForwarding,
                       serversTransport))

/// A service with its share.
struct WeightedChild {
  std::string name;                        ///< Name of the service.
  std::optional<std::int64_t> weight = 1;  ///< Share; 0: never chosen.
  bool operator==(const WeightedChild&) const = default;
};
BOOST_DESCRIBE_STRUCT(WeightedChild, (), (name, weight))

/// Spreads requests over services by weight (Traefik: http.services.NAME.weighted).
struct Weighted {
  std::vector<WeightedChild> services;           ///< The services.
  std::optional<Sticky> sticky;                  ///< Keeps clients at one service.
  std::optional<HealthPropagation> healthCheck;  ///< Tell those above whether any child lives.
  static constexpr std::array kMayStandAlone{"sticky", "healthCheck"};
  static constexpr std::array kNotBuilt{"sticky", "healthCheck"};
  bool operator==(const Weighted&) const = default;
};
BOOST_DESCRIBE_STRUCT(Weighted, (), (services, sticky, healthCheck))

/// Spreads clients over services by a hash of their address.
struct HighestRandomWeight {
  std::vector<WeightedChild> services;           ///< The services.
  std::optional<HealthPropagation> healthCheck;  ///< Tell those above whether any child lives.
  static constexpr std::array kMayStandAlone{"healthCheck"};
  bool operator==(const HighestRandomWeight&) const = default;
};
BOOST_DESCRIBE_STRUCT(HighestRandomWeight, (), (services, healthCheck))

/// A service that gets a copy.
struct Mirror {
  std::string name;          ///< Name of the service.
  std::int64_t percent = 0;  ///< Share of requests that is copied, in percent.
  bool operator==(const Mirror&) const = default;
};
BOOST_DESCRIBE_STRUCT(Mirror, (), (name, percent))

/// Sends copies of requests to other services, whose answers nobody sees.
struct Mirroring {
  std::string service;                           ///< The service that answers.
  std::optional<bool> mirrorBody = true;         ///< Copy bodies too.
  std::optional<std::int64_t> maxBodySize = -1;  ///< Larger bodies are not copied; -1: no limit.
  std::vector<Mirror> mirrors;                   ///< Who gets copies.
  std::optional<HealthPropagation> healthCheck;  ///< Tell those above whether the service lives.
  static constexpr std::array kMayStandAlone{"healthCheck"};
  bool operator==(const Mirroring&) const = default;
};
BOOST_DESCRIBE_STRUCT(Mirroring, (), (service, mirrorBody, maxBodySize, mirrors, healthCheck))

/// Which answers count as failure.
struct FailoverErrors {
  std::optional<std::int64_t> maxRequestBodyBytes =
      -1;                           ///< Larger bodies are not kept for the second try; -1: no limit.
  std::vector<std::string> status;  ///< Statuses and ranges: 500-599.
  bool operator==(const FailoverErrors&) const = default;
};
BOOST_DESCRIBE_STRUCT(FailoverErrors, (), (maxRequestBodyBytes, status))

/// Uses a second service while the first is down.
struct Failover {
  std::string service;                           ///< The service that is used while it lives.
  std::string fallback;                          ///< The service that is used else.
  std::optional<HealthPropagation> healthCheck;  ///< Tell those above whether any of the two lives.
  std::optional<FailoverErrors> errors;          ///< Use the fallback for answers of these kinds too.
  static constexpr std::array kMayStandAlone{"healthCheck"};
  bool operator==(const Failover&) const = default;
};
BOOST_DESCRIBE_STRUCT(Failover, (), (service, fallback, healthCheck, errors))

/// Exactly one kind is set (Traefik: http.services.NAME).
struct HttpService {
  std::optional<LoadBalancer> loadBalancer;  ///< Balances over servers.
  std::optional<HighestRandomWeight>
      highestRandomWeight;               ///< Balances over services by a hash of the client's address.
  std::optional<Weighted> weighted;      ///< Balances over services by weight.
  std::optional<Mirroring> mirroring;    ///< Sends copies to other services.
  std::optional<Failover> failover;      ///< Uses a second service while the first is down.
  std::vector<std::string> middlewares;  ///< Run before the balancer; names.
  static constexpr std::array kNotBuilt{"highestRandomWeight", "mirroring", "failover", "middlewares"};
  bool operator==(const HttpService&) const = default;
};
BOOST_DESCRIBE_STRUCT(HttpService, (), (loadBalancer, highestRandomWeight, weighted, mirroring, failover, middlewares))

}  // namespace tandem::model
