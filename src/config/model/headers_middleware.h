#pragma once

// The `headers` middleware: custom, CORS and security headers. Any thread; plain values.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"

namespace tandem::model {

/// Changes headers of requests and responses (Traefik: http.middlewares.NAME.headers).
struct Headers {
  std::map<std::string, std::string> customRequestHeaders;     ///< Set on requests; an empty value removes.
  std::map<std::string, std::string> customResponseHeaders;    ///< Set on responses; an empty value removes.
  bool accessControlAllowCredentials = false;                  ///< CORS: credentials allowed.
  std::vector<std::string> accessControlAllowHeaders;          ///< CORS: request headers allowed.
  std::vector<std::string> accessControlAllowMethods;          ///< CORS: methods allowed.
  std::vector<std::string> accessControlAllowOriginList;       ///< CORS: origins allowed; * for all.
  std::vector<std::string> accessControlAllowOriginListRegex;  ///< CORS: expressions of origins allowed.
  std::vector<std::string> accessControlExposeHeaders;         ///< CORS: response headers scripts may see.
  std::optional<std::int64_t> accessControlMaxAge;             ///< CORS: seconds a preflight answer holds.
  bool addVaryHeader = false;                                  ///< Add Vary: Origin.
  std::vector<std::string> allowedHosts;                       ///< Only these hosts are served; empty: all.
  std::vector<std::string> hostsProxyHeaders;                  ///< Headers that may hold the host.
  std::map<std::string, std::string> sslProxyHeaders;          ///< Header and value that mean TLS.
  std::optional<std::int64_t> stsSeconds;       ///< Strict-Transport-Security max-age; absent or 0: not sent.
  bool stsIncludeSubdomains = false;            ///< Add includeSubDomains.
  bool stsPreload = false;                      ///< Add preload.
  bool forceSTSHeader = false;                  ///< Send it without TLS too.
  bool frameDeny = false;                       ///< X-Frame-Options: DENY.
  std::string customFrameOptionsValue;          ///< X-Frame-Options with this value.
  bool contentTypeNosniff = false;              ///< X-Content-Type-Options: nosniff.
  bool browserXssFilter = false;                ///< X-XSS-Protection: 1; mode=block.
  std::string customBrowserXSSValue;            ///< X-XSS-Protection with this value.
  std::string contentSecurityPolicy;            ///< Content-Security-Policy.
  std::string contentSecurityPolicyReportOnly;  ///< Content-Security-Policy-Report-Only.
  std::string publicKey;                        ///< Public-Key-Pins.
  std::string referrerPolicy;                   ///< Referrer-Policy.
  std::string permissionsPolicy;                ///< Permissions-Policy.
  bool isDevelopment = false;                   ///< Switches allowedHosts, TLS and STS parts off.
  std::optional<std::string> featurePolicy;     ///< Deprecated: Feature-Policy.
  std::optional<bool> sslRedirect;              ///< Deprecated: redirect to https.
  std::optional<bool> sslTemporaryRedirect;     ///< Deprecated: with 302.
  std::optional<std::string> sslHost;           ///< Deprecated: host of that redirect.
  std::optional<bool> sslForceHost;             ///< Deprecated: redirect to that host.
  bool operator==(const Headers&) const = default;
};
BOOST_DESCRIBE_STRUCT(Headers, (),
                      (customRequestHeaders, customResponseHeaders, accessControlAllowCredentials,
                       accessControlAllowHeaders, accessControlAllowMethods, accessControlAllowOriginList,
                       accessControlAllowOriginListRegex, accessControlExposeHeaders, accessControlMaxAge,
                       addVaryHeader, allowedHosts, hostsProxyHeaders, sslProxyHeaders, stsSeconds,
                       stsIncludeSubdomains, stsPreload, forceSTSHeader, frameDeny, customFrameOptionsValue,
                       contentTypeNosniff, browserXssFilter, customBrowserXSSValue, contentSecurityPolicy,
                       contentSecurityPolicyReportOnly, publicKey, referrerPolicy, permissionsPolicy, isDevelopment,
                       featurePolicy, sslRedirect, sslTemporaryRedirect, sslHost, sslForceHost))

}  // namespace tandem::model
