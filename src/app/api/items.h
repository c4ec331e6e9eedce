#pragma once

// What the API tells about one object: its configuration, followed by what became of it. Any core.

#include <string>
#include <string_view>
#include <vector>

#include "config/format/value.h"
#include "proxy/routing/snapshot.h"

namespace tandem::api {

/// `detailed`: with name, provider and type, as in lists and single objects; rawdata leaves them out.
format::Value router_item(const routing::RuntimeRouter& router, bool detailed);
format::Value service_item(const routing::RuntimeService& service, const routing::Usage& usage, bool detailed);
format::Value middleware_item(const routing::RuntimeMiddleware& middleware, const routing::Usage& usage, bool detailed);

/// "loadbalancer", "addprefix"…; empty when there is none.
std::string type_of(const model::HttpService& service);
std::string type_of(const model::HttpMiddleware& middleware);

}  // namespace tandem::api
