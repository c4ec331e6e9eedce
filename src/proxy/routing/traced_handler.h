#pragma once

// TracedHandler: tells the span hook when an entry point, router, middleware or service begins and ends its part of a
// request. Stands in chains only when there is a hook. Immutable, shared by all cores; owned by what it stands in.

#include <string>

#include "engine/observe/span.h"
#include "protocol/http/handler.h"

namespace tandem::routing {

/// `next` with a span around it; `next` itself without a hook. Entry points have spans where tracing is on, the others
/// where traces are detailed (Traefik: observability.traceVerbosity).
http::HandlerPtr traced(observe::SpanHook* hook, observe::SpanKind kind, std::string_view name, http::HandlerPtr next);

}  // namespace tandem::routing
