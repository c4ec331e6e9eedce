#pragma once

// Certificates of the default store as the API lists them. Any core.

#include <string_view>

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

}  // namespace tandem::api
