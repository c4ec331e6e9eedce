#pragma once

// The debug pages (Traefik: api.debug): /debug/vars and /debug/pprof/. The first tells numbers of this process; the
// profiles of Go's run-time do not exist here, and their pages say so. Any core.

#include <string_view>

#include "protocol/http/exchange.h"
#include "protocol/http/message.h"

namespace tandem::api {

bool is_debug_page(std::string_view path);
/// REQUIRES: is_debug_page(path).
http::Response debug_page(std::string_view path, http::Exchange& exchange);

}  // namespace tandem::api
