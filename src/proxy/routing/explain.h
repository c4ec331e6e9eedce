#pragma once

// Why a request gets to a router and not to another one: the routes of an entry point in the order in which they are
// asked, each with what its rule says about one request. Asks the same tables and predicates that serve requests.
// Any thread; no state. Made for people: it looks at every router.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/http/exchange.h"
#include "protocol/http/message.h"
#include "proxy/routing/snapshot.h"

namespace tandem::routing {

/// What one router says about a request.
struct RouteVerdict {
  std::string_view router;  ///< name@provider; lives as long as the snapshot
  std::int64_t priority = 0;
  bool matches = false;
  std::vector<std::string> failed;  ///< matchers that keep it from matching, as in the rule: Host(`a.test`)
};

/// The routers on an entry point for one kind of connection, those asked first in front. Wants
/// exchange.canonical_host and exchange.routing_path.
std::vector<RouteVerdict> explain(const Snapshot& snapshot, std::string_view entry_point, Security security,
                                  const http::Request& request, http::Exchange& exchange);
/// The same for the children of a router. Its middlewares may change the request before they are asked.
std::vector<RouteVerdict> explain_children(const Snapshot& snapshot, std::string_view router,
                                           const http::Request& request, http::Exchange& exchange);
/// The router that the entry point's table finds; empty when there is none.
std::string_view router_for(const Snapshot& snapshot, std::string_view entry_point, Security security,
                            const http::Request& request, http::Exchange& exchange);

/// A router that would match, but is never asked there.
struct Bystander {
  std::string_view router;
  std::string reason;  ///< "disabled: …", "serves TLS connections only", "listens on …"
};
std::vector<Bystander> bystanders(const Snapshot& snapshot, std::string_view entry_point, Security security,
                                  const http::Request& request, http::Exchange& exchange);

}  // namespace tandem::routing
