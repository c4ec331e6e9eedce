#pragma once

// How tandem connects to servers: HTTP transports of both configurations and the default one. Any thread; plain
// values.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"
#include "config/model/client_tls.h"

namespace tandem::model {

/// Deadlines towards servers (Traefik: serversTransport.forwardingTimeouts); 0: none.
struct ForwardingTimeouts {
  format::Duration dialTimeout{std::chrono::seconds(30)};  ///< Until connected.
  format::Duration responseHeaderTimeout;                  ///< From the end of the request to the response's headers.
  format::Duration idleConnTimeout{std::chrono::seconds(90)};  ///< How long an unused connection is kept.
  format::Duration readIdleTimeout;                            ///< HTTP/2: silence after which a ping is sent.
  format::Duration pingTimeout{std::chrono::seconds(15)};      ///< HTTP/2: longest wait for its answer.
  bool operator==(const ForwardingTimeouts&) const = default;
};
BOOST_DESCRIBE_STRUCT(ForwardingTimeouts, (),
                      (dialTimeout, responseHeaderTimeout, idleConnTimeout, readIdleTimeout, pingTimeout))

/// A named transport (Traefik: http.serversTransports.NAME).
struct HttpServersTransport {
  std::string serverName;                 ///< SNI and name to verify.
  bool insecureSkipVerify = false;        ///< Accept any certificate.
  std::vector<std::string> rootCAs;       ///< Certificate authorities: paths or PEM.
  std::vector<Certificate> certificates;  ///< Client certificates.
  std::vector<std::string> cipherSuites;  ///< Ciphers of TLS 1.2 and older, by Go's names; empty: safe ones.
  std::string minVersion;                 ///< VersionTLS10 to VersionTLS13; empty: 1.2.
  std::string maxVersion;                 ///< The same; empty: 1.3.
  std::int64_t maxIdleConnsPerHost = 0;   ///< Unused connections kept; 0: 2, negative: none.
  ForwardingTimeouts forwardingTimeouts;  ///< Deadlines; 0: none.
  bool disableHTTP2 = false;              ///< HTTP/1.1 only.
  std::string peerCertURI;                ///< URI the server's certificate must hold.
  std::optional<Spiffe> spiffe;
  static constexpr std::array kMayStandAlone{"spiffe"};
  static constexpr std::array kNotBuilt{"spiffe"};
  bool operator==(const HttpServersTransport&) const = default;
};
BOOST_DESCRIBE_STRUCT(HttpServersTransport, (),
                      (serverName, insecureSkipVerify, rootCAs, certificates, cipherSuites, minVersion, maxVersion,
                       maxIdleConnsPerHost, forwardingTimeouts, disableHTTP2, peerCertURI, spiffe))

/// The same deadlines as the static configuration spells them.
struct StaticForwardingTimeouts {
  format::Duration dialTimeout{std::chrono::seconds(30)};  ///< Until connected; 0: no limit.
  format::Duration responseHeaderTimeout;                  ///< From the end of the request to the response's headers.
  format::Duration idleConnTimeout{std::chrono::seconds(90)};  ///< How long an unused connection is kept.
  bool operator==(const StaticForwardingTimeouts&) const = default;
};
BOOST_DESCRIBE_STRUCT(StaticForwardingTimeouts, (), (dialTimeout, responseHeaderTimeout, idleConnTimeout))

/// Becomes the transport default@internal (Traefik: static serversTransport).
struct StaticServersTransport {
  bool insecureSkipVerify = false;              ///< Accept any certificate.
  std::vector<std::string> rootCAs;             ///< Certificate authorities: paths or PEM.
  std::int64_t maxIdleConnsPerHost = 200;       ///< Unused connections kept; 0: 2, negative: none.
  StaticForwardingTimeouts forwardingTimeouts;  ///< Deadlines; 0: none.
  std::optional<Spiffe> spiffe;
  static constexpr std::array kMayStandAlone{"spiffe"};
  static constexpr std::array kNotBuilt{"spiffe"};
  bool operator==(const StaticServersTransport&) const = default;
};
BOOST_DESCRIBE_STRUCT(StaticServersTransport, (),
                      (insecureSkipVerify, rootCAs, maxIdleConnsPerHost, forwardingTimeouts, spiffe))

}  // namespace tandem::model
