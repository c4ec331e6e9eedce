#pragma once

// Certificates resolvers of the static configuration, SPIFFE and OCSP. Any thread; plain values.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"
#include "config/model/client_tls.h"

namespace tandem::model {

/// External account binding.
struct Eab {
  std::string kid;
  format::Secret hmacEncoded;
  bool operator==(const Eab&) const = default;
};
BOOST_DESCRIBE_STRUCT(Eab, (), (kid, hmacEncoded))

/// How to wait for DNS records.
struct DnsPropagation {
  bool disableChecks = false;
  bool disableANSChecks = false;
  bool requireAllRNS = false;
  format::Duration delayBeforeChecks;
  bool operator==(const DnsPropagation&) const = default;
};
BOOST_DESCRIBE_STRUCT(DnsPropagation, (), (disableChecks, disableANSChecks, requireAllRNS, delayBeforeChecks))

/// DNS-01.
struct DnsChallenge {
  std::string provider;
  std::vector<std::string> resolvers;
  std::optional<DnsPropagation> propagation;
  format::Duration delayBeforeCheck;     ///< Deprecated: propagation.delayBeforeChecks.
  bool disablePropagationCheck = false;  ///< Deprecated: propagation.disableChecks.
  static constexpr std::array kMayStandAlone{"propagation"};
  bool operator==(const DnsChallenge&) const = default;
};
BOOST_DESCRIBE_STRUCT(DnsChallenge, (), (provider, resolvers, propagation, delayBeforeCheck, disablePropagationCheck))

/// HTTP-01.
struct HttpChallenge {
  std::string entryPoint;  ///< Reachable on port 80.
  format::Duration delay;
  bool operator==(const HttpChallenge&) const = default;
};
BOOST_DESCRIBE_STRUCT(HttpChallenge, (), (entryPoint, delay))

/// TLS-ALPN-01.
struct TlsChallenge {
  format::Duration delay;
  bool operator==(const TlsChallenge&) const = default;
};
BOOST_DESCRIBE_STRUCT(TlsChallenge, (), (delay))

/// An ACME account and its orders (Traefik: certificatesResolvers.NAME.acme).
struct Acme {
  std::string email;
  std::string caServer = "https://acme-v02.api.letsencrypt.org/directory";
  std::string preferredChain;
  std::string profile;
  std::vector<std::string> emailAddresses;
  bool disableCommonName = false;
  std::string storage = "acme.json";
  std::string keyType = "RSA4096";
  std::optional<Eab> eab;
  std::int64_t certificatesDuration = 2160;  ///< Hours.
  format::Duration clientTimeout{std::chrono::minutes(2)};
  format::Duration clientResponseHeaderTimeout{std::chrono::seconds(30)};
  format::Duration certificateTimeout{std::chrono::seconds(30)};
  std::vector<std::string> caCertificates;
  bool caSystemCertPool = false;
  std::string caServerName;
  std::optional<DnsChallenge> dnsChallenge;
  std::optional<HttpChallenge> httpChallenge;
  std::optional<TlsChallenge> tlsChallenge;
  static constexpr std::array kMayStandAlone{"dnsChallenge", "httpChallenge", "tlsChallenge"};
  bool operator==(const Acme&) const = default;
};
BOOST_DESCRIBE_STRUCT(Acme, (),
                      (email, caServer, preferredChain, profile, emailAddresses, disableCommonName, storage, keyType,
                       eab, certificatesDuration, clientTimeout, clientResponseHeaderTimeout, certificateTimeout,
                       caCertificates, caSystemCertPool, caServerName, dnsChallenge, httpChallenge, tlsChallenge))

/// Certificates from the Tailscale daemon; no options.
struct TailscaleResolver {
  bool operator==(const TailscaleResolver&) const = default;
};
BOOST_DESCRIBE_STRUCT(TailscaleResolver, (), ())

/// One of the two (Traefik: certificatesResolvers.NAME).
struct CertificateResolver {
  std::optional<Acme> acme;
  std::optional<TailscaleResolver> tailscale;
  static constexpr std::array kMayStandAlone{"tailscale"};
  bool operator==(const CertificateResolver&) const = default;
};
BOOST_DESCRIBE_STRUCT(CertificateResolver, (), (acme, tailscale))

/// Where tandem's own SPIFFE identity comes from (Traefik: spiffe).
struct SpiffeSource {
  std::string workloadAPIAddr;
  bool operator==(const SpiffeSource&) const = default;
};
BOOST_DESCRIBE_STRUCT(SpiffeSource, (), (workloadAPIAddr))

/// OCSP stapling (Traefik: ocsp).
struct Ocsp {
  std::map<std::string, std::string> responderOverrides;  ///< Responder URL to the one to ask.
  bool operator==(const Ocsp&) const = default;
};
BOOST_DESCRIBE_STRUCT(Ocsp, (), (responderOverrides))

}  // namespace tandem::model
