#pragma once

// Transport: how connections to servers are made and kept (Traefik: serversTransport). Immutable, shared by all cores;
// the connections themselves live in each core's Pools (pools.h), keyed by transport and address.

#include <chrono>
#include <cstdint>
#include <string>

#include "engine/loop/loop.h"

namespace tandem::client {

struct TransportOptions {
  std::string name;                                                      ///< qualified name, for messages
  loop::Nanoseconds dial_timeout = std::chrono::seconds(30);             ///< 0: none
  loop::Nanoseconds response_header_timeout{0};                          ///< 0: none
  loop::Nanoseconds idle_connection_timeout = std::chrono::seconds(90);  ///< 0: none
  /// Idle connections kept per server and core; 0 means 2 as in Traefik, negative keeps none.
  std::int64_t max_idle_connections_per_host = 200;

  bool operator==(const TransportOptions&) const = default;
};

class Transport {
 public:
  explicit Transport(TransportOptions options);
  const TransportOptions& options() const { return options_; }
  /// Unique in this process: part of a pool's key.
  std::uint32_t id() const { return id_; }

 private:
  TransportOptions options_;
  std::uint32_t id_;
};

}  // namespace tandem::client
