#pragma once

// Which requests the access log, metrics and traces hear of: the static configuration's sections, `addInternals`, and
// `observability` of entry points and routers, resolved to one value each. Control thread; pure functions.

#include "config/model/dynamic_configuration.h"
#include "config/model/static_configuration.h"
#include "protocol/http/observed.h"

namespace tandem::routing {

/// For requests of an entry point that no router gets.
http::Observed observed_of(const model::StaticConfiguration& configuration, const model::EntryPoint& entry_point);
/// For the requests of a router. `internal`: its service is one of tandem's own.
http::Observed observed_of(const model::StaticConfiguration& configuration, const model::HttpRouter& router,
                           bool internal);

}  // namespace tandem::routing
