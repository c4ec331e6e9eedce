#pragma once

// What an entry point is told at its start, and what it counts. Options are immutable and shared by all workers.

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/net/address.h"
#include "protocol/http1/server.h"
#include "protocol/http2/server.h"

namespace tandem::entry {

/// Traefik: entryPoints.NAME.http.underscoreHeadersStrategy.
enum class UnderscoreHeaders : std::uint8_t { kKeep, kDelete, kReject };

struct ForwardedHeadersOptions {
  bool insecure = false;
  std::vector<net::IpPrefix> trusted_ips;
  std::vector<std::string> kept_connection_headers;  ///< Traefik: forwardedHeaders.connection
  bool append_forwarded_for = true;                  ///< the opposite of notAppendXForwardedFor
};

struct EntryPointOptions {
  std::string name;
  net::Address address;
  bool reuse_port = false;  ///< other processes may listen on the address as well
  http1::ServerOptions http;
  http2::ServerOptions http2;
  bool proxy_protocol = false;
  bool proxy_protocol_insecure = false;
  std::vector<net::IpPrefix> proxy_protocol_trusted;
  ForwardedHeadersOptions forwarded;
  UnderscoreHeaders underscore_headers = UnderscoreHeaders::kKeep;
  bool sanitize_path = true;
  bool encode_query_semicolons = false;
  http::Observed observed;  ///< requests that no router gets
};

/// Counted by all workers; read by the control thread.
struct EntryPointCounters {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> accept_errors{0};
};

}  // namespace tandem::entry
