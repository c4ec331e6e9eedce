#pragma once

// Certificates that sign themselves: the one for connections whose name has none and that no default certificate serves
// (Traefik: "TRAEFIK DEFAULT CERT"), and identities whose fingerprint others know beforehand. Any thread.

#include <string>

#include "engine/tls/certificate.h"

namespace tandem::tls {

/// Makes a self-signed certificate: RSA 2048, for a name of its own that nobody asks for, valid for a year. Takes some
/// tenths of a second. Errors: kInternal.
base::Result<CertificatePtr> make_self_signed();

struct PemPair {
  std::string certificate;
  std::string key;
};
/// An identity that is trusted by its fingerprint: ECDSA P-256, without an end (RFC 5280 §4.1.2.5: 99991231235959Z).
/// Errors: kInternal.
base::Result<PemPair> make_pinned_identity(const std::string& common_name);

}  // namespace tandem::tls
