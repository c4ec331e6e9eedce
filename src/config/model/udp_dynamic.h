#pragma once

// UDP routers and services of the dynamic configuration. Any thread; plain values.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/format/described.h"

namespace tandem::model {

/// Sends the datagrams of its entry points to a service (Traefik: udp.routers.NAME).
struct UdpRouter {
  std::vector<std::string> entryPoints;  ///< Empty: all UDP entry points.
  std::string service;                   ///< Name of the service.
  bool operator==(const UdpRouter&) const = default;
};
BOOST_DESCRIBE_STRUCT(UdpRouter, (), (entryPoints, service))

/// One server.
struct UdpServer {
  std::string address;  ///< host:port.
  std::string port;     ///< In labels: port of the address.
  bool operator==(const UdpServer&) const = default;
};
BOOST_DESCRIBE_STRUCT(UdpServer, (), (address, port))

/// Spreads sessions over servers.
struct UdpLoadBalancer {
  std::vector<UdpServer> servers;  ///< The servers.
  static constexpr std::array kSingle{std::pair{"server", "servers"}};
  bool operator==(const UdpLoadBalancer&) const = default;
};
BOOST_DESCRIBE_STRUCT(UdpLoadBalancer, (), (servers))

/// A service with its share.
struct UdpWeightedChild {
  std::string name;                        ///< Name of the service.
  std::optional<std::int64_t> weight = 1;  ///< Share; 0: never chosen.
  bool operator==(const UdpWeightedChild&) const = default;
};
BOOST_DESCRIBE_STRUCT(UdpWeightedChild, (), (name, weight))

/// Spreads sessions over services.
struct UdpWeighted {
  std::vector<UdpWeightedChild> services;  ///< The services.
  bool operator==(const UdpWeighted&) const = default;
};
BOOST_DESCRIBE_STRUCT(UdpWeighted, (), (services))

/// Exactly one kind is set (Traefik: udp.services.NAME).
struct UdpService {
  std::optional<UdpLoadBalancer> loadBalancer;
  std::optional<UdpWeighted> weighted;
  bool operator==(const UdpService&) const = default;
};
BOOST_DESCRIBE_STRUCT(UdpService, (), (loadBalancer, weighted))

/// The `udp` section.
struct UdpConfiguration {
  std::map<std::string, UdpRouter> routers;
  std::map<std::string, UdpService> services;
  bool operator==(const UdpConfiguration&) const = default;
};
BOOST_DESCRIBE_STRUCT(UdpConfiguration, (), (routers, services))

}  // namespace tandem::model
