#pragma once

// The `tls` section of HTTP routers and of entry points. Any thread; plain values.

#include <array>
#include <string>
#include <vector>

#include "config/format/described.h"

namespace tandem::model {

/// A name a certificate is ordered for, with its alternatives.
struct Domain {
  std::string main;               ///< Main name of the certificate.
  std::vector<std::string> sans;  ///< Further names (subject alternative names).
  bool operator==(const Domain&) const = default;
};
BOOST_DESCRIBE_STRUCT(Domain, (), (main, sans))

/// TLS of an HTTP router; its presence makes the router HTTPS-only (Traefik: http.routers.NAME.tls).
struct RouterTls {
  std::string options;          ///< Name of TLS options; empty: default.
  std::string certResolver;     ///< Name of a certificate resolver.
  std::vector<Domain> domains;  ///< Names to order; empty: those of the rule.
  static constexpr std::array kNotBuilt{"certResolver", "domains"};
  bool operator==(const RouterTls&) const = default;
};
BOOST_DESCRIBE_STRUCT(RouterTls, (), (options, certResolver, domains))

}  // namespace tandem::model
