#pragma once

// Certificates of the default store as the API lists them. Any core.

#include <string>
#include <string_view>
#include <vector>

#include "app/api/listing.h"
#include "config/format/value.h"
#include "engine/tls/certificate_store.h"
#include "protocol/http/exchange.h"

namespace tandem::api {

/// The answer to /api/certificates (an empty fingerprint), or to /api/certificates/FINGERPRINT.
http::Response answer_certificates(const tls::CertificateStore& store, std::string_view fingerprint,
                                   const Parameters& parameters, http::Exchange& exchange);

/// total, warnings, errors for the overview: certificates that end within 30 days are warnings, expired ones errors.
format::Value count_certificates(const tls::CertificateStore& store);

/// All that the store may serve, the default one too, except what was generated.
std::vector<tls::CertificatePtr> listed_certificates(const tls::CertificateStore& store);

/// What a certificate is known by in metrics.
struct CertificateLabels {
  std::string common_name;
  std::string alternative_names;  ///< sorted, joined by commas
  std::string serial;             ///< decimal
};
CertificateLabels labels_of(const tls::Certificate& certificate);

}  // namespace tandem::api
