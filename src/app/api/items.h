#pragma once

// What the API tells about one object: its configuration, followed by what became of it. Secrets of the configuration
// are never shown. Any core.

#include <string>
#include <string_view>

#include "config/format/value.h"
#include "proxy/routing/snapshot.h"
#include "proxy/routing/tcp_objects.h"
#include "proxy/routing/udp_objects.h"

namespace tandem::api {

// `detailed`: with name, provider and type, as in lists and single objects; rawdata leaves them out.
format::Value item_of(const routing::RuntimeRouter& router, const routing::Usage& usage, bool detailed);
format::Value item_of(const routing::RuntimeTcpRouter& router, const routing::Usage& usage, bool detailed);
format::Value item_of(const routing::RuntimeUdpRouter& router, const routing::Usage& usage, bool detailed);
format::Value item_of(const routing::RuntimeService& service, const routing::Usage& usage, bool detailed);
format::Value item_of(const routing::RuntimeTcpService& service, const routing::Usage& usage, bool detailed);
format::Value item_of(const routing::RuntimeUdpService& service, const routing::Usage& usage, bool detailed);
format::Value item_of(const routing::RuntimeMiddleware& middleware, const routing::Usage& usage, bool detailed);
format::Value item_of(const routing::RuntimeTcpMiddleware& middleware, const routing::Usage& usage, bool detailed);

/// The kind of a service or middleware in Traefik's spelling: "loadbalancer", "addprefix"…; empty when there is none.
std::string type_of(const format::Value& encoded);

/// Qualified names of a router's middlewares.
std::vector<std::string> middlewares_of(std::string_view router, const std::vector<std::string>& names);

}  // namespace tandem::api
