#pragma once

// The `tls` section of the dynamic configuration: certificates, options, stores. Any thread; plain values.

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/format/described.h"
#include "config/model/client_tls.h"
#include "config/model/router_tls.h"

namespace tandem::model {

/// A certificate and the stores it goes to (Traefik: tls.certificates).
struct StoredCertificate {
  format::Secret certFile;          ///< Certificate chain: path or PEM.
  format::Secret keyFile;           ///< Private key: path or PEM.
  std::vector<std::string> stores;  ///< Stores it goes to; empty: default.
  bool operator==(const StoredCertificate&) const = default;
};
BOOST_DESCRIBE_STRUCT(StoredCertificate, (), (certFile, keyFile, stores))

/// Certificates asked of clients.
struct ClientAuth {
  std::vector<std::string> caFiles;  ///< Certificate authorities: paths or PEM.
  std::string clientAuthType;  ///< NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven,
                               ///< RequireAndVerifyClientCert (default with caFiles).
  bool operator==(const ClientAuth&) const = default;
};
BOOST_DESCRIBE_STRUCT(ClientAuth, (), (caFiles, clientAuthType))

/// How clients may speak TLS (Traefik: tls.options.NAME).
struct TlsOptions {
  std::string minVersion;                     ///< VersionTLS10 to VersionTLS13; empty: 1.2.
  std::string maxVersion;                     ///< The same; empty: 1.3.
  std::vector<std::string> cipherSuites;      ///< Ciphers of TLS 1.2 and older, by Go's names; empty: safe ones.
  std::vector<std::string> curvePreferences;  ///< Key exchanges offered, best first; empty: good ones.
  ClientAuth clientAuth;
  bool sniStrict = false;                                                  ///< Refuse names without a certificate.
  std::vector<std::string> alpnProtocols{"h2", "http/1.1", "acme-tls/1"};  ///< Protocols offered, best first.
  bool disableSessionTickets = false;                                      ///< No resumption by tickets.
  std::optional<bool> preferServerCipherSuites;                            ///< Deprecated; no effect.
  bool operator==(const TlsOptions&) const = default;
};
BOOST_DESCRIBE_STRUCT(TlsOptions, (),
                      (minVersion, maxVersion, cipherSuites, curvePreferences, clientAuth, sniStrict, alpnProtocols,
                       disableSessionTickets, preferServerCipherSuites))

/// Lets a resolver make the default certificate.
struct GeneratedCertificate {
  std::string resolver;          ///< Name of a certificate resolver.
  std::optional<Domain> domain;  ///< Names of the certificate.
  bool operator==(const GeneratedCertificate&) const = default;
};
BOOST_DESCRIBE_STRUCT(GeneratedCertificate, (), (resolver, domain))

/// A set of certificates (Traefik: tls.stores.NAME).
struct TlsStore {
  std::optional<Certificate> defaultCertificate;  ///< For names that no certificate fits; absent: made at the start.
  std::optional<GeneratedCertificate> defaultGeneratedCert;
  static constexpr std::array kNotBuilt{"defaultGeneratedCert"};
  bool operator==(const TlsStore&) const = default;
};
BOOST_DESCRIBE_STRUCT(TlsStore, (), (defaultCertificate, defaultGeneratedCert))

/// The `tls` section.
struct TlsConfiguration {
  std::vector<StoredCertificate> certificates;
  std::map<std::string, TlsOptions> options;
  std::map<std::string, TlsStore> stores;
  bool operator==(const TlsConfiguration&) const = default;
};
BOOST_DESCRIBE_STRUCT(TlsConfiguration, (), (certificates, options, stores))

}  // namespace tandem::model
