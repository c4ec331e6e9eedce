#pragma once

// OCSP (RFC 6960) for the server's own certificates: the question for a certificate's responder, the answer checked and
// as handshakes staple it (RFC 6066 §8). No I/O. Any thread.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "engine/tls/certificate.h"

namespace tandem::tls {

/// A responder's answer about a certificate. Immutable.
struct Staple {
  std::string response;          ///< OCSPResponse, DER
  std::int64_t this_update = 0;  ///< seconds since 1970
  std::int64_t next_update = 0;  ///< 0: the responder does not say
  bool revoked = false;

  /// Clients refuse a response that is older.
  bool expired(std::int64_t now) const { return next_update != 0 && now >= next_update; }
};

/// The OCSPRequest (DER) for a certificate; its issuer is the next one of the chain, else itself. Errors: kTls.
base::Result<std::string> ocsp_request(const Certificate& certificate);

/// Takes a responder's answer: signed by the issuer or on its behalf, about this certificate, and in force at `now`.
/// Errors: kTls, with a reason.
base::Result<std::shared_ptr<const Staple>> read_ocsp_response(const Certificate& certificate, std::string_view der,
                                                               base::WallTime now);

}  // namespace tandem::tls
