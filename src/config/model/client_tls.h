#pragma once

// How tandem as a client secures connections (TLS and SPIFFE), as many sections spell it. Any thread; plain values,
// owned by the configuration that holds them.

#include <string>
#include <vector>

#include "config/format/described.h"

namespace tandem::model {

/// TLS of a client: providers, forwardAuth, exporters (Traefik: `tls` with ca, cert, key).
struct ClientTls {
  std::string ca;                   ///< Certificate authority: path or PEM; empty: the system's.
  format::Secret cert;              ///< Client certificate: path or PEM; together with key.
  format::Secret key;               ///< Private key: path or PEM.
  bool insecureSkipVerify = false;  ///< Accept any certificate.
  bool operator==(const ClientTls&) const = default;
};
BOOST_DESCRIBE_STRUCT(ClientTls, (), (ca, cert, key, insecureSkipVerify))

/// Whom to accept as a SPIFFE peer (Traefik: serversTransport.spiffe); empty: any identity.
struct Spiffe {
  std::vector<std::string> ids;  ///< SPIFFE identities; they win over trustDomain.
  std::string trustDomain;       ///< Accept every identity of this domain.
  bool operator==(const Spiffe&) const = default;
};
BOOST_DESCRIBE_STRUCT(Spiffe, (), (ids, trustDomain))

/// A certificate with its key; each a path or the PEM text itself.
struct Certificate {
  format::Secret certFile;  ///< Certificate chain.
  format::Secret keyFile;   ///< Private key.
  bool operator==(const Certificate&) const = default;
};
BOOST_DESCRIBE_STRUCT(Certificate, (), (certFile, keyFile))

}  // namespace tandem::model
