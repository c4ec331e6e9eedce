#pragma once

// Weighted: spreads requests over services by weight (Traefik: http.services.NAME.weighted). Built with a snapshot;
// immutable except for each core's position in the schedule; shared by all cores, owned by the snapshot.

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/model/http_service.h"
#include "protocol/http/handler.h"

namespace tandem::service {

/// A service that was built, with its share; 0 or less: never chosen.
struct WeightedHandler {
  http::HandlerPtr handler;
  std::int64_t weight = 1;
};

/// Builds the balancer over `children`, in the order of services[]. Without any child of weight > 0 it answers 503
/// "no available server". Errors: an option of `options` that is not built yet.
base::Result<http::HandlerPtr> build_weighted(const model::Weighted& options, std::vector<WeightedHandler> children);

}  // namespace tandem::service
