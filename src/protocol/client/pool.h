#pragma once

// Pools: a core's connections to servers that wait for their next request, by transport and address. A connection that
// the server closes while it waits is dropped at once; one that nobody used for the transport's idle time-out as well.
// Each core has its own; no other core touches it.

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/tls/client_session.h"
#include "protocol/client/sessions.h"
#include "protocol/client/target.h"
#include "protocol/client/transport.h"
#include "protocol/http1/content.h"

namespace tandem::client {

class Pool;

/// One connection to a server.
class UpstreamConnection : public loop::Pooled {
 public:
  UpstreamConnection(std::unique_ptr<net::Stream> stream, Pool& pool);
  ~UpstreamConnection();
  UpstreamConnection(const UpstreamConnection&) = delete;
  UpstreamConnection& operator=(const UpstreamConnection&) = delete;

  http1::Wire wire;
  bool reused = false;  ///< it has served a request before

  Pool& pool() { return pool_; }

 private:
  friend class Pool;
  static void on_hangup(void* self);
  static void on_idle_timeout(void* self);

  Pool& pool_;
  loop::Timer idle_timer_{&UpstreamConnection::on_idle_timeout, this};
};

class Pool {
 public:
  explicit Pool(const TransportOptions& options) : options_(options), sessions_(http2_options(options)) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// A waiting connection, the one used last; null when there is none that lives.
  std::unique_ptr<UpstreamConnection> take();
  /// Keeps a connection whose last response was read completely.
  void give_back(std::unique_ptr<UpstreamConnection> connection);
  std::size_t idle() const { return idle_.size(); }
  /// The connections to the same server that speak HTTP/2.
  Sessions& sessions() { return sessions_; }
  /// Whether the server chose HTTP/1 when it could have had HTTP/2, the last time it was asked.
  bool prefers_http1 = false;
  /// Of TLS; never null.
  const std::shared_ptr<tls::ClientSession>& tls_session() const { return tls_session_; }

  /// The calling core's pool for `target` over `transport`; it lives until close_all().
  static Pool& of(const Transport& transport, const Target& target);
  /// Idle connections of the calling core, in all pools.
  static std::size_t idle_on_this_core();
  /// Closes what waits on the calling core (shutdown, tests).
  static void close_all();

 private:
  friend class UpstreamConnection;
  void drop(UpstreamConnection* connection);

  TransportOptions options_;
  std::vector<std::unique_ptr<UpstreamConnection>> idle_;
  std::shared_ptr<tls::ClientSession> tls_session_ = std::make_shared<tls::ClientSession>();
  Sessions sessions_;
};

}  // namespace tandem::client
