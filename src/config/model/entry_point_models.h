#pragma once

// What entry points say about every router on them. Any thread; no state.

#include <vector>

#include "config/format/decode.h"
#include "config/model/dynamic_configuration.h"
#include "config/model/static_configuration.h"

namespace tandem::model {

/// Applies http.middlewares, http.tls, http.encodedCharacters, observability and core.defaultRuleSyntax to the HTTP
/// routers of a merged configuration (merge.h). A router gets one clone for each of its entry points that says such a
/// thing; with several entry points the clone is named `ENTRYPOINT-NAME@PROVIDER`, and the original keeps the remaining
/// ones. References of children follow their parent's new names. Children themselves take nothing. Then observability
/// of every root router is filled up (true, true, true, minimal). Returns routers that fell out: `tls` without any
/// entry point.
std::vector<format::Problem> apply_models(DynamicConfiguration& dynamic,
                                          const StaticConfiguration& static_configuration);

}  // namespace tandem::model
