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
  std::string kid;             ///< Key identifier that the authority gave.
  format::Secret hmacEncoded;  ///< Its HMAC key, base64url.
  bool operator==(const Eab&) const = default;
};
BOOST_DESCRIBE_STRUCT(Eab, (), (kid, hmacEncoded))

/// How to wait for DNS records.
struct DnsPropagation {
  bool disableChecks = false;          ///< Do not wait until records are seen.
  bool disableANSChecks = false;       ///< Do not ask the authoritative servers.
  bool requireAllRNS = false;          ///< All recursive servers must see them.
  format::Duration delayBeforeChecks;  ///< Time before the first look.
  bool operator==(const DnsPropagation&) const = default;
};
BOOST_DESCRIBE_STRUCT(DnsPropagation, (), (disableChecks, disableANSChecks, requireAllRNS, delayBeforeChecks))

/// DNS-01.
struct DnsChallenge {
  std::string provider;                ///< Name of the DNS provider; its credentials are in the environment.
  std::vector<std::string> resolvers;  ///< host:port of DNS servers to ask; empty: the system's.
  std::optional<DnsPropagation> propagation;
  format::Duration delayBeforeCheck;     ///< Deprecated: propagation.delayBeforeChecks.
  bool disablePropagationCheck = false;  ///< Deprecated: propagation.disableChecks.
  static constexpr std::array kMayStandAlone{"propagation"};
  bool operator==(const DnsChallenge&) const = default;
};
BOOST_DESCRIBE_STRUCT(DnsChallenge, (), (provider, resolvers, propagation, delayBeforeCheck, disablePropagationCheck))

/// HTTP-01.
struct HttpChallenge {
  std::string entryPoint;  ///< Entry point that the authority reaches on port 80.
  format::Duration delay;  ///< Time before the authority is told to look.
  bool operator==(const HttpChallenge&) const = default;
};
BOOST_DESCRIBE_STRUCT(HttpChallenge, (), (entryPoint, delay))

/// TLS-ALPN-01.
struct TlsChallenge {
  format::Duration delay;  ///< Time before the authority is told to look.
  bool operator==(const TlsChallenge&) const = default;
};
BOOST_DESCRIBE_STRUCT(TlsChallenge, (), (delay))

/// An ACME account and its orders (Traefik: certificatesResolvers.NAME.acme).
struct Acme {
  std::string email;  ///< Address of the account; without it each start makes a new one.
  std::string caServer = "https://acme-v02.api.letsencrypt.org/directory";  ///< Directory URL of the authority.
  std::string preferredChain;               ///< Common name of the wanted chain's root; empty: the authority's choice.
  std::string profile;                      ///< Certificate profile; empty: the authority's choice.
  std::vector<std::string> emailAddresses;  ///< E-mail addresses in the certificate.
  bool disableCommonName = false;           ///< No common name in requests.
  std::string storage = "acme.json";        ///< File of account and certificates (mode 600).
  std::string keyType = "RSA4096";          ///< EC256, EC384, RSA2048, RSA4096 or RSA8192.
  std::optional<Eab> eab;
  std::int64_t certificatesDuration = 2160;                 ///< Hours a certificate is good for; says when to renew.
  format::Duration clientTimeout{std::chrono::minutes(2)};  ///< Longest time of a request to the authority.
  format::Duration clientResponseHeaderTimeout{std::chrono::seconds(30)};  ///< Longest wait for its headers.
  format::Duration certificateTimeout{std::chrono::seconds(30)};           ///< Longest wait for a certificate.
  std::vector<std::string> caCertificates;  ///< Files of authorities trusted for its server.
  bool caSystemCertPool = false;            ///< Trust the system's authorities too.
  std::string caServerName;                 ///< Name expected in its certificate; empty: the URL's.
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
  std::optional<Acme> acme;  ///< Orders by ACME.
  std::optional<TailscaleResolver> tailscale;
  static constexpr std::array kMayStandAlone{"tailscale"};
  bool operator==(const CertificateResolver&) const = default;
};
BOOST_DESCRIBE_STRUCT(CertificateResolver, (), (acme, tailscale))

/// Where tandem's own SPIFFE identity comes from (Traefik: spiffe).
struct SpiffeSource {
  std::string workloadAPIAddr;  ///< Address of the workload API; the start waits for it.
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
