#pragma once

// Providers that read key-value stores: Consul, etcd, ZooKeeper, Redis. Any thread; plain values.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"
#include "config/model/client_tls.h"

namespace tandem::model {

/// Consul keys (Traefik: providers.consul).
struct ConsulKv {
  std::string rootKey = "traefik";
  std::vector<std::string> endpoints{"127.0.0.1:8500"};
  format::Secret token;
  std::optional<ClientTls> tls;
  std::vector<std::string> namespaces;
  bool operator==(const ConsulKv&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConsulKv, (), (rootKey, endpoints, token, tls, namespaces))

/// etcd keys (Traefik: providers.etcd).
struct Etcd {
  std::string rootKey = "traefik";
  std::vector<std::string> endpoints{"127.0.0.1:2379"};
  std::optional<ClientTls> tls;
  std::string username;
  format::Secret password;
  bool operator==(const Etcd&) const = default;
};
BOOST_DESCRIBE_STRUCT(Etcd, (), (rootKey, endpoints, tls, username, password))

/// ZooKeeper nodes (Traefik: providers.zooKeeper).
struct ZooKeeper {
  std::string rootKey = "traefik";
  std::vector<std::string> endpoints{"127.0.0.1:2181"};
  std::string username;
  format::Secret password;
  bool operator==(const ZooKeeper&) const = default;
};
BOOST_DESCRIBE_STRUCT(ZooKeeper, (), (rootKey, endpoints, username, password))

/// Which server of a Sentinel group.
struct RedisSentinel {
  std::string masterName;
  std::string username;
  format::Secret password;
  bool latencyStrategy = false;
  bool randomStrategy = false;
  bool replicaStrategy = false;
  bool useDisconnectedReplicas = false;
  bool operator==(const RedisSentinel&) const = default;
};
BOOST_DESCRIBE_STRUCT(RedisSentinel, (),
                      (masterName, username, password, latencyStrategy, randomStrategy, replicaStrategy,
                       useDisconnectedReplicas))

/// Redis keys (Traefik: providers.redis).
struct Redis {
  std::string rootKey = "traefik";
  std::vector<std::string> endpoints{"127.0.0.1:6379"};
  std::optional<ClientTls> tls;
  std::string username;
  format::Secret password;
  std::int64_t db = 0;
  std::optional<RedisSentinel> sentinel;
  bool operator==(const Redis&) const = default;
};
BOOST_DESCRIBE_STRUCT(Redis, (), (rootKey, endpoints, tls, username, password, db, sentinel))

}  // namespace tandem::model
