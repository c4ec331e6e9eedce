#pragma once

// Entry points of the static configuration: addresses tandem listens on, and what holds for every request there. Any
// thread; plain values.

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"
#include "config/model/encoded_characters.h"
#include "config/model/observability.h"
#include "config/model/router_tls.h"

namespace tandem::model {

/// Whose X-Forwarded-* headers count (Traefik: entryPoints.NAME.forwardedHeaders).
struct ForwardedHeaders {
  bool insecure = false;                    ///< Believe everybody.
  std::vector<std::string> trustedIPs;      ///< Believe these addresses and CIDR ranges.
  std::vector<std::string> connection;      ///< Headers named in Connection that are kept all the same.
  bool notAppendXForwardedFor = false;      ///< Do not add the peer to X-Forwarded-For.
  bool addXForwardedSchemeHeaders = false;  ///< Set X-Forwarded-Scheme and X-Scheme too.
  bool operator==(const ForwardedHeaders&) const = default;
};
BOOST_DESCRIBE_STRUCT(ForwardedHeaders, (),
                      (insecure, trustedIPs, connection, notAppendXForwardedFor, addXForwardedSchemeHeaders))

/// Who may send a PROXY protocol header (Traefik: entryPoints.NAME.proxyProtocol).
struct ProxyProtocol {
  bool insecure = false;                ///< Believe everybody.
  std::vector<std::string> trustedIPs;  ///< Believe these addresses and CIDR ranges.
  bool operator==(const ProxyProtocol&) const = default;
};
BOOST_DESCRIBE_STRUCT(ProxyProtocol, (), (insecure, trustedIPs))

/// Redirects every request of the entry point (Traefik: http.redirections.entryPoint).
struct RedirectEntryPoint {
  std::string to;                ///< Name of the target entry point, or ":port".
  std::string scheme = "https";  ///< Target scheme.
  bool permanent = true;         ///< 301 or 308 instead of 302 or 307.
  std::int64_t priority = std::numeric_limits<std::int64_t>::max() - 1;  ///< Priority of the router that does it.
  bool operator==(const RedirectEntryPoint&) const = default;
};
BOOST_DESCRIBE_STRUCT(RedirectEntryPoint, (), (to, scheme, permanent, priority))

/// Holds the only kind of redirection there is.
struct Redirections {
  std::optional<RedirectEntryPoint> entryPoint;
  bool operator==(const Redirections&) const = default;
};
BOOST_DESCRIBE_STRUCT(Redirections, (), (entryPoint))

/// HTTP on an entry point (Traefik: entryPoints.NAME.http).
struct EntryPointHttp {
  std::optional<Redirections> redirections;  ///< Send every request elsewhere.
  std::vector<std::string> middlewares;  ///< Run before those of every router here; qualified names (name@provider).
  std::optional<RouterTls> tls;          ///< For routers here that have no `tls` of their own.
  std::optional<EncodedCharacters> encodedCharacters;  ///< Which escapes a path may hold; absent: all.
  bool encodeQuerySemicolons = false;                  ///< Write ; in queries as %3B instead of reading it as &.
  bool sanitizePath = true;                            ///< Resolve "." and ".." and "//" in paths.
  std::int64_t maxHeaderBytes = 1048576;               ///< Larger request heads get 431.
  std::string underscoreHeadersStrategy = "keep";      ///< keep, delete or reject headers with an underscore.
  static constexpr std::array kMayStandAlone{"tls"};
  static constexpr std::array kAlwaysEncoded{"sanitizePath"};
  bool operator==(const EntryPointHttp&) const = default;
};
BOOST_DESCRIBE_STRUCT(EntryPointHttp, (),
                      (redirections, middlewares, tls, encodedCharacters, encodeQuerySemicolons, sanitizePath,
                       maxHeaderBytes, underscoreHeadersStrategy))

/// HTTP/2 on an entry point.
struct EntryPointHttp2 {
  std::int64_t maxConcurrentStreams = 250;        ///< Requests at one time on one connection.
  std::int64_t maxDecoderHeaderTableSize = 4096;  ///< Bytes of the HPACK table of incoming fields.
  std::int64_t maxEncoderHeaderTableSize = 4096;  ///< Bytes of the HPACK table of outgoing fields.
  bool operator==(const EntryPointHttp2&) const = default;
};
BOOST_DESCRIBE_STRUCT(EntryPointHttp2, (), (maxConcurrentStreams, maxDecoderHeaderTableSize, maxEncoderHeaderTableSize))

/// HTTP/3 on an entry point.
struct EntryPointHttp3 {
  std::int64_t advertisedPort = 0;  ///< Port named in Alt-Svc; 0: the entry point's.
  bool operator==(const EntryPointHttp3&) const = default;
};
BOOST_DESCRIBE_STRUCT(EntryPointHttp3, (), (advertisedPort))

/// UDP on an entry point.
struct EntryPointUdp {
  format::Duration timeout{std::chrono::seconds(3)};  ///< A session that is silent so long ends.
  bool operator==(const EntryPointUdp&) const = default;
};
BOOST_DESCRIBE_STRUCT(EntryPointUdp, (), (timeout))

/// What happens at shutdown (Traefik: transport.lifeCycle).
struct LifeCycle {
  format::Duration requestAcceptGraceTimeout;               ///< How long requests are accepted after the signal to end.
  format::Duration graceTimeOut{std::chrono::seconds(10)};  ///< How long requests under way may take after that.
  bool operator==(const LifeCycle&) const = default;
};
BOOST_DESCRIBE_STRUCT(LifeCycle, (), (requestAcceptGraceTimeout, graceTimeOut))

/// Deadlines towards clients (Traefik: transport.respondingTimeouts); 0: none.
struct RespondingTimeouts {
  format::Duration readTimeout{std::chrono::seconds(60)};   ///< For the whole request with its body; 0: none.
  format::Duration writeTimeout;                            ///< For the whole response; 0: none.
  format::Duration idleTimeout{std::chrono::seconds(180)};  ///< Silence allowed between two requests; 0: readTimeout.
  std::optional<std::int64_t>
      minBytesPerSecond;  ///< tandem only: slower bodies, either way, are given up; absent: 240, 0: off.
  std::optional<format::Duration> minBytesGrace;  ///< tandem only: time before that rate is asked for; absent: 10s.
  /// The rate that counts, in bytes per second; 0: none is asked for.
  std::int64_t min_bytes_per_second() const { return minBytesPerSecond.value_or(240); }
  /// The time without any demand.
  format::Duration min_bytes_grace() const {
    return minBytesGrace.value_or(format::Duration{std::chrono::seconds(10)});
  }
  bool operator==(const RespondingTimeouts&) const = default;
};
BOOST_DESCRIBE_STRUCT(RespondingTimeouts, (),
                      (readTimeout, writeTimeout, idleTimeout, minBytesPerSecond, minBytesGrace))

/// Connections of an entry point (Traefik: entryPoints.NAME.transport).
struct EntryPointTransport {
  LifeCycle lifeCycle;
  RespondingTimeouts respondingTimeouts;
  format::Duration keepAliveMaxTime;      ///< An older connection is closed after its request; 0: never.
  std::int64_t keepAliveMaxRequests = 0;  ///< A connection is closed after so many requests; 0: never.
  bool operator==(const EntryPointTransport&) const = default;
};
BOOST_DESCRIBE_STRUCT(EntryPointTransport, (), (lifeCycle, respondingTimeouts, keepAliveMaxTime, keepAliveMaxRequests))

/// An address to listen on (Traefik: entryPoints.NAME).
struct EntryPoint {
  std::string address;           ///< [host]:port[/tcp|/udp]; no host: all addresses of the machine.
  bool allowACMEByPass = false;  ///< Let routers answer certificate challenges.
  bool reusePort = false;        ///< Let several programs listen there (SO_REUSEPORT).
  bool asDefault = false;        ///< Routers without entry points listen here.
  EntryPointTransport transport;
  std::optional<ProxyProtocol> proxyProtocol;
  ForwardedHeaders forwardedHeaders;
  EntryPointHttp http;
  EntryPointHttp2 http2;
  std::optional<EntryPointHttp3> http3;
  EntryPointUdp udp;
  std::optional<EntryPointObservability> observability;  ///< Defaults of its routers.
  static constexpr std::array kMayStandAlone{"proxyProtocol", "http3", "observability"};
  static constexpr std::array kNotBuilt{"allowACMEByPass", "http3", "udp"};
  bool operator==(const EntryPoint&) const = default;
};
BOOST_DESCRIBE_STRUCT(EntryPoint, (),
                      (address, allowACMEByPass, reusePort, asDefault, transport, proxyProtocol, forwardedHeaders, http,
                       http2, http3, udp, observability))

}  // namespace tandem::model
