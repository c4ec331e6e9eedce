#pragma once

// Forwarder: the one handler that sends a request to one server and returns its answer: hop-by-hop rules,
// X-Forwarded-For, upgrades, and what a failure looks like to the client. Immutable, shared by all cores; owned by the
// balancers.

#include <memory>
#include <string>

#include "base/result.h"
#include "engine/observe/metrics_request.h"
#include "protocol/client/transport.h"
#include "protocol/http/handler.h"

namespace tandem::forward {

struct ServerOptions {
  std::string url;               ///< as configured; "http://host:port/path"
  bool pass_host_header = true;  ///< Traefik: loadBalancer.passHostHeader
  bool preserve_path = false;    ///< Traefik: servers[].preservePath
  observe::ServiceMetrics measured{};
};

/// Builds the handler for one server. Fails when the URL cannot be parsed or its scheme is not supported.
base::Result<http::HandlerPtr> make_forwarder(const ServerOptions& options,
                                              std::shared_ptr<const client::Transport> transport);

}  // namespace tandem::forward
