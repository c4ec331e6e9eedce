#pragma once

// Exchange: one request and its response, with what handlers may know about the connection it came on. Created by the
// server session for each request, on one core; it outlives every task and message that refers to it.

#include <cstdint>
#include <string_view>

#include "engine/loop/loop.h"
#include "engine/net/address.h"
#include "engine/observe/metrics_request.h"
#include "engine/observe/span.h"
#include "protocol/http/message.h"
#include "protocol/http/observed.h"

namespace tandem::http {

/// The session's side of an exchange, for what a handler may do besides returning a response.
class ClientLink {
 public:
  virtual ~ClientLink() = default;
  /// Sends an interim (1xx) response at once. Ignored where the client's version has none.
  virtual loop::Task<void> send_interim(int status, const Headers& headers) = 0;
};

/// What a TLS handshake agreed on, in the words of logs and metrics.
struct TlsFacts {
  std::string_view version;         ///< "1.2", "1.3"
  std::string_view cipher;          ///< Go's name: TLS_AES_128_GCM_SHA256
  std::string_view client_subject;  ///< of the client's certificate; empty without
  std::string_view options;         ///< name of the TLS options in force (tls.options)
};

/// What is known about the client's connection; the same for all its exchanges.
struct Connection {
  net::Address peer;            ///< the client, after the PROXY protocol
  net::Address local;           ///< the address it connected to, after the PROXY protocol
  net::Address transport_peer;  ///< who opened the TCP connection
  std::string_view entry_point;
  bool secure = false;            ///< TLS
  std::string_view server_name;   ///< SNI; empty without
  const TlsFacts* tls = nullptr;  ///< null without TLS
  std::string peer_ip_text;       ///< `peer` without port and zone, as X-Forwarded-For writes it
};

class Exchange {
 public:
  Exchange(const Connection& on, ClientLink* client)
      : connection(on), link(client), started(loop::Loop::current().now()) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  Arena arena;
  const Connection& connection;
  ClientLink* link;
  loop::TimePoint started;

  // What handlers leave for rules, logs and metrics.
  std::string_view router_name;        ///< the innermost one
  std::string_view router_path;        ///< all of them, joined by " -> "; only when somebody asked
  std::string_view service_name;       ///< the balancer that chose `server_url`; before that the router's service
  std::string_view server_url;         ///< empty until a server was chosen
  std::string_view client_user;        ///< set by authentication
  std::string_view canonical_host;     ///< lower case, no port, no brackets; set by the entry point
  std::string_view routing_path;       ///< `path` decoded except reserved characters; set by the entry point
  const Received* received = nullptr;  ///< null until the routers get the request, and when nobody asked
  loop::TimePoint origin_began{};      ///< when the request was last forwarded; 0: never
  std::uint64_t origin_bytes = 0;      ///< content of the server's response that was read
  int origin_status = 0;               ///< what the server, or the forwarder for it, answered; 0 when none was asked
  std::uint32_t retries = 0;
  observe::RequestMetrics metrics;
  observe::SpanId span = 0;          ///< the innermost one that lasts; 0 while nobody traces
  Observed observed;                 ///< set by the entry point, then by the router
  bool origin_answered = false;      ///< a server's own answer
  bool append_forwarded_for = true;  ///< the entry point's and the headers middleware's say

  /// Keeps what logs and metrics need of the request, once. REQUIRES: observed.any().
  void note_received(const Request& request);
  /// The request's headers as they are now, where somebody asked for them. REQUIRES: observed.any().
  void note_headers(const Headers& headers);
};

}  // namespace tandem::http
