#pragma once

// EntryPoint: an address that clients connect to. Every worker accepts on a listening socket of its own (SO_REUSEPORT) and serves
// its connections alone. Created and stopped by the control thread; each worker's part belongs to that worker.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/loop/scope.h"
#include "engine/net/tcp.h"
#include "protocol/http1/server.h"

namespace tandem::entry {

/// What an entry point is told once, at its start.
struct EntryPointOptions {
  std::string name;
  net::Address address;
  bool reuse_port = false;  ///< Traefik: entryPoints.NAME.reusePort: other processes may listen here too
  http1::ServerOptions http;
  bool proxy_protocol = false;                   ///< accept PROXY headers
  bool proxy_protocol_insecure = false;          ///< from anybody
  std::vector<net::IpPrefix> proxy_protocol_trusted;
};

/// Counters of one entry point, summed over workers by whoever reads them.
struct EntryPointCounters {
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> requests{0};
};

}  // namespace tandem::entry
