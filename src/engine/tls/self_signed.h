#pragma once

// The certificate for connections whose name has none and that no default certificate serves (Traefik: "TRAEFIK DEFAULT
// CERT"). Any thread.

#include "engine/tls/certificate.h"

namespace tandem::tls {

/// Makes a self-signed certificate: RSA 2048, for a name of its own that nobody asks for, valid for a year. Takes some
/// tenths of a second. Errors: kInternal.
base::Result<CertificatePtr> make_self_signed();

}  // namespace tandem::tls
