#pragma once

// What a snapshot is made of. Only this folder looks inside; control thread while it is built, immutable then.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proxy/handshake/tls_options.h"
#include "proxy/handshake/tls_table.h"
#include "proxy/match/route_table.h"
#include "proxy/routing/router_builder.h"
#include "proxy/routing/service_builder.h"
#include "proxy/routing/snapshot.h"
#include "proxy/routing/tcp_objects.h"
#include "proxy/routing/transports.h"
#include "proxy/routing/udp_objects.h"

namespace tandem::routing {

struct Snapshot::Contents {
  struct Table {
    std::string entry_point;
    Security security;
    std::shared_ptr<const match::RouteTable> routes;
  };

  BuildInput input;
  Transports transports;
  handshake::TlsOptionsTable tls_options;
  std::map<std::string, handshake::TlsTablePtr, std::less<>> tls_tables;  ///< by entry point
  std::vector<Table> tables;

  // All in the order of names; the second of each pair belongs to the first.
  std::vector<RuntimeRouter> routers;
  std::vector<BuiltRouterPtr> built_routers;
  std::vector<std::size_t> router_services;  ///< position of each router's service, built_services.size() for none
  std::vector<RuntimeService> services;
  std::vector<BuiltServicePtr> built_services;  ///< null for those nobody uses
  std::vector<RuntimeMiddleware> middlewares;
  std::vector<Condition> middleware_conditions;

  std::shared_ptr<const TcpObjects> tcp;
  std::shared_ptr<const UdpObjects> udp;
};

}  // namespace tandem::routing
