#pragma once

// LoadBalancer: spreads requests over the servers of one service (Traefik: http.services.NAME.loadBalancer). Built with
// a snapshot; immutable except for each core's position in the schedule; shared by all cores, owned by the snapshot.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/model/http_service.h"
#include "protocol/client/transport.h"
#include "protocol/http/handler.h"
#include "proxy/forward/forwarder.h"

namespace tandem::service {

struct BuiltService {
  http::HandlerPtr handler;
  /// Server URL as configured → "UP" or "DOWN", as the API shows it (serverStatus).
  std::map<std::string, std::string> server_status;
};

/// Builds the balancer of a service. A service without servers builds: it answers 503 "no available server". Errors: a
/// server's URL is not usable, the strategy is unknown or not built yet.
base::Result<BuiltService> build_load_balancer(const model::LoadBalancer& options, std::string_view qualified_name,
                                               std::shared_ptr<const client::Transport> transport);

/// How the handler of one server comes about; tests put their own in place of forward::make_forwarder.
using ForwarderFactory = std::function<base::Result<http::HandlerPtr>(const forward::ServerOptions&)>;
base::Result<BuiltService> build_load_balancer(const model::LoadBalancer& options, std::string_view qualified_name,
                                               const ForwarderFactory& make);

}  // namespace tandem::service
