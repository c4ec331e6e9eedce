#pragma once

// What access logs, metrics and traces need of a request, and who of them asked. Plain values; they live as long as
// their exchange, on its core.

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/loop/loop.h"
#include "engine/observe/metrics_labels.h"
#include "protocol/http/headers.h"

namespace tandem::http {

/// Who wants to know of a request (Traefik: accessLog, metrics, tracing with their `addInternals`, and `observability`
/// of the entry point or the router). Resolved when entry points and snapshots are built.
struct Observed {
  bool access_log : 1 = false;
  bool metrics : 1 = false;
  bool tracing : 1 = false;
  bool detailed_traces : 1 = false;  ///< traceVerbosity
  bool headers : 1 = false;          ///< the request's headers are kept in Received, and again when they are forwarded

  bool any() const { return access_log || metrics || tracing; }
  bool operator==(const Observed&) const = default;
};

/// A request as it came to the routers: canonical, and not changed by middlewares yet. Texts live in the arena.
struct Received {
  std::string_view method;
  std::string_view host;  ///< as sent
  std::string_view path;
  std::string_view query;
  std::string_view forwarded_for;  ///< X-Forwarded-For as far as it is trusted; empty: none
  std::span<const HeaderField>
      headers;               ///< kept only when Observed::headers is set; as forwarded when it was forwarded
  std::uint8_t version = 0;  ///< http::Version
  observe::MetricProtocol protocol = observe::MetricProtocol::kHttp;
  bool has_query = false;
};

/// How a request ended.
struct Outcome {
  int status = 0;                    ///< sent, or kClientClosedRequest
  std::uint64_t sent = 0;            ///< bytes of the response's content (to HEAD too: those of an answer of our own)
  std::uint64_t received = 0;        ///< bytes of the request's content that somebody asked for
  bool whole = false;                ///< the response was written completely
  bool upgraded = false;             ///< was a tunnel, and that has ended; Traefik tells status 0 and no bytes
  const Headers* headers = nullptr;  ///< the response's, as the handlers left them; null when there was none
  loop::Nanoseconds duration{0};     ///< from the request's first bytes on; 0 when nobody asked
};

/// nginx's status for clients that went before the answer; never sent.
constexpr int kClientClosedRequest = 499;

}  // namespace tandem::http
