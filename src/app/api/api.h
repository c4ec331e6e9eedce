#pragma once

// The REST API (Traefik: api): what became of the configuration, as JSON in Traefik's shapes. A handler like any other,
// reached by routers over the service api@internal. Any core; it reads the snapshot in force and holds it while it
// answers.

#include <functional>
#include <memory>

#include "config/format/value.h"
#include "config/model/static_configuration.h"
#include "protocol/http/handler.h"
#include "proxy/routing/snapshot.h"

namespace tandem::api {

/// Where the API looks. The functions are called on workers and must be safe there.
struct Sources {
  std::shared_ptr<const model::StaticConfiguration> static_configuration;
  std::function<std::shared_ptr<const routing::Snapshot>()> snapshot;  ///< may give null before the first configuration
  std::function<format::Value()> configuration_errors;                 ///< ours: /api/config/errors, an array
  /// Ours: /api/ha, the status of the pair as JSON, empty before the supervisor told it; none: this is none of a pair.
  std::function<std::string()> pair_status{};
};

/// Answers below /api, /dashboard/ and /debug (with api.basePath before them), the latter two where they are switched
/// on.
http::HandlerPtr make_api(Sources sources);

/// The page for people at /: routers, services, middlewares, entry points and errors, without any script.
http::HandlerPtr make_dashboard(Sources sources);

}  // namespace tandem::api
