#pragma once

// Transport: how connections to servers are made and kept (Traefik: serversTransport). Immutable, shared by all cores;
// the connections themselves live in each core's Pools (pools.h), keyed by transport and address.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "engine/loop/loop.h"
#include "engine/tls/client_context.h"
#include "protocol/http2/client.h"

namespace tandem::client {

struct TransportOptions {
  std::string name;                                                      ///< qualified name, for messages
  loop::Nanoseconds dial_timeout = std::chrono::seconds(30);             ///< 0: none
  loop::Nanoseconds response_header_timeout{0};                          ///< 0: none
  loop::Nanoseconds idle_connection_timeout = std::chrono::seconds(90);  ///< 0: none
  /// Idle connections kept per server and core; 0 means 2 as in Traefik, negative keeps none.
  std::int64_t max_idle_connections_per_host = 200;

  loop::Nanoseconds ping_after{0};                            ///< HTTP/2: silence before a ping; 0: none
  loop::Nanoseconds ping_timeout = std::chrono::seconds(15);  ///< HTTP/2: for the ping's answer
  bool disable_http2 = false;

  tls::ClientSettings tls;  ///< how `https` is spoken
  std::string tls_refusal;  ///< why this transport cannot speak TLS; empty: it can

  bool operator==(const TransportOptions&) const = default;
};

/// What of it concerns HTTP/2.
http2::ClientOptions http2_options(const TransportOptions& from);

class Transport {
 public:
  explicit Transport(TransportOptions options);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  const TransportOptions& options() const { return options_; }
  /// Unique in this process: part of a pool's key.
  std::uint32_t id() const { return id_; }
  /// Made at the first call, which reads the authorities; null when they and the rest of the settings cannot be used.
  const tls::ClientContextPtr& tls() const;

 private:
  TransportOptions options_;
  mutable std::once_flag once_;  // guards the making of the next one
  mutable tls::ClientContextPtr tls_;
  std::uint32_t id_;
};

}  // namespace tandem::client
