#pragma once

// HTTP routers of the dynamic configuration. Any thread; plain values, owned by the configuration that holds them.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"
#include "config/model/encoded_characters.h"
#include "config/model/observability.h"
#include "config/model/router_tls.h"

namespace tandem::model {

/// Decides by a rule which requests go to which service (Traefik: http.routers.NAME).
struct HttpRouter {
  std::vector<std::string> entryPoints;        ///< Where it listens; empty: the default entry points.
  std::vector<std::string> middlewares;        ///< Run in this order before the service.
  std::string service;                         ///< Name of the service; empty for a router with children.
  std::string rule;                            ///< Which requests match.
  std::vector<std::string> parentRefs;         ///< Routers this one is a child of.
  std::string ruleSyntax;                      ///< v2, v3 or default; empty: core.defaultRuleSyntax.
  std::int64_t priority = 0;                   ///< Higher comes first; 0: the byte length of the rule.
  std::optional<RouterTls> tls;                ///< Presence: TLS only.
  std::optional<Observability> observability;  ///< Absent: the entry point's.
  /// Not an option: what the entry point's http.encodedCharacters forbids here; set by apply_models.
  std::optional<EncodedCharacters> deniedEncodedPathCharacters;
  /// Not an option: the rule came from a provider's defaultRule (recursion guard, rule syntax stays v3).
  bool fromDefaultRule = false;
  /// Not an option: the default TLS options serve in place of the router's own, and why (empty: they are its own); set
  /// by TlsConflicts.
  std::optional<std::string> tlsFallback;
  static constexpr std::array kMayStandAlone{"tls"};
  bool operator==(const HttpRouter&) const = default;
};
BOOST_DESCRIBE_STRUCT(HttpRouter, (),
                      (entryPoints, middlewares, service, rule, parentRefs, ruleSyntax, priority, tls, observability))

}  // namespace tandem::model
