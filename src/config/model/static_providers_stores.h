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
  std::string rootKey = "traefik";                       ///< Key below which the configuration stands.
  std::vector<std::string> endpoints{"127.0.0.1:8500"};  ///< host:port of Consul; exactly one.
  format::Secret token;                                  ///< Access token.
  std::optional<ClientTls> tls;                          ///< TLS towards it.
  std::vector<std::string> namespaces;                   ///< Namespaces (Enterprise); empty: the default one.
  bool operator==(const ConsulKv&) const = default;
};
BOOST_DESCRIBE_STRUCT(ConsulKv, (), (rootKey, endpoints, token, tls, namespaces))

/// etcd keys (Traefik: providers.etcd).
struct Etcd {
  std::string rootKey = "traefik";                       ///< Key below which the configuration stands.
  std::vector<std::string> endpoints{"127.0.0.1:2379"};  ///< host:port of the servers.
  std::optional<ClientTls> tls;                          ///< TLS towards them.
  std::string username;                                  ///< User; empty: none.
  format::Secret password;                               ///< Password.
  bool operator==(const Etcd&) const = default;
};
BOOST_DESCRIBE_STRUCT(Etcd, (), (rootKey, endpoints, tls, username, password))

/// ZooKeeper nodes (Traefik: providers.zooKeeper).
struct ZooKeeper {
  std::string rootKey = "traefik";                       ///< Key below which the configuration stands.
  std::vector<std::string> endpoints{"127.0.0.1:2181"};  ///< host:port of the servers.
  std::string username;                                  ///< User; empty: none.
  format::Secret password;                               ///< Password.
  bool operator==(const ZooKeeper&) const = default;
};
BOOST_DESCRIBE_STRUCT(ZooKeeper, (), (rootKey, endpoints, username, password))

/// Which server of a Sentinel group.
struct RedisSentinel {
  std::string masterName;                ///< Name of the group; obligatory.
  std::string username;                  ///< User at the sentinels.
  format::Secret password;               ///< Password there.
  bool latencyStrategy = false;          ///< Read from the quickest server.
  bool randomStrategy = false;           ///< Read from any server.
  bool replicaStrategy = false;          ///< Read from replicas.
  bool useDisconnectedReplicas = false;  ///< Replicas that lost their master too.
  bool operator==(const RedisSentinel&) const = default;
};
BOOST_DESCRIBE_STRUCT(RedisSentinel, (),
                      (masterName, username, password, latencyStrategy, randomStrategy, replicaStrategy,
                       useDisconnectedReplicas))

/// Redis keys (Traefik: providers.redis).
struct Redis {
  std::string rootKey = "traefik";                       ///< Key below which the configuration stands.
  std::vector<std::string> endpoints{"127.0.0.1:6379"};  ///< host:port; several with sentinel only.
  std::optional<ClientTls> tls;                          ///< TLS towards them.
  std::string username;                                  ///< User; empty: none.
  format::Secret password;                               ///< Password.
  std::int64_t db = 0;                                   ///< Number of the database.
  std::optional<RedisSentinel> sentinel;
  bool operator==(const Redis&) const = default;
};
BOOST_DESCRIBE_STRUCT(Redis, (), (rootKey, endpoints, tls, username, password, db, sentinel))

}  // namespace tandem::model
