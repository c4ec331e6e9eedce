#include "engine/tls/ocsp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <chrono>
#include <utility>

namespace tandem::tls {

namespace {

using base::Error;
using base::ErrorKind;

template <class T, void (*kFree)(T*)>
struct Free {
  void operator()(T* object) const { kFree(object); }
};
using IdPtr = std::unique_ptr<OCSP_CERTID, Free<OCSP_CERTID, ::OCSP_CERTID_free>>;
using RequestPtr = std::unique_ptr<OCSP_REQUEST, Free<OCSP_REQUEST, ::OCSP_REQUEST_free>>;
using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, Free<OCSP_RESPONSE, ::OCSP_RESPONSE_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, Free<OCSP_BASICRESP, ::OCSP_BASICRESP_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Free<X509_STORE, ::X509_STORE_free>>;

Error refused(std::string_view what) {
  const char* const reason = ::ERR_reason_error_string(::ERR_peek_last_error());
  ::ERR_clear_error();
  return {ErrorKind::kTls, "OCSP: " + std::string(what) + (reason == nullptr ? "" : std::string(": ") + reason)};
}

X509* issuer_of(const Certificate::Loaded& loaded) {
  return sk_X509_num(loaded.chain) > 0 ? sk_X509_value(loaded.chain, 0) : loaded.leaf;
}

/// SHA-1, as that is what all responders know (RFC 5019 §2.1.1).
IdPtr id_of(const Certificate::Loaded& loaded) {
  return IdPtr(::OCSP_cert_to_id(::EVP_sha1(), loaded.leaf, issuer_of(loaded)));
}

/// The issuer's own signature, or that of a certificate which the issuer made for it (RFC 6960 §4.2.2.2).
bool is_signed(OCSP_BASICRESP* basic, const Certificate::Loaded& loaded) {
  const StorePtr trusted(::X509_STORE_new());
  ::X509_STORE_add_cert(trusted.get(), issuer_of(loaded));
  ::X509_STORE_set_flags(trusted.get(), X509_V_FLAG_PARTIAL_CHAIN);
  STACK_OF(X509)* const issuers = sk_X509_new_null();
  sk_X509_push(issuers, issuer_of(loaded));
  const bool good = ::OCSP_basic_verify(basic, issuers, trusted.get(), 0) == 1;
  sk_X509_free(issuers);
  return good;
}

std::int64_t seconds_of(const ASN1_GENERALIZEDTIME* time) {
  std::tm parts{};
  if (time == nullptr || ::ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  const std::chrono::sys_days date = std::chrono::year(parts.tm_year + 1900) /
                                     std::chrono::month(static_cast<unsigned>(parts.tm_mon) + 1) /
                                     std::chrono::day(static_cast<unsigned>(parts.tm_mday));
  return date.time_since_epoch() / std::chrono::seconds(1) + parts.tm_hour * 3600 + parts.tm_min * 60 + parts.tm_sec;
}

}  // namespace

base::Result<std::string> ocsp_request(const Certificate& certificate) {
  const Certificate::Loaded* const loaded = certificate.loaded();
  if (loaded == nullptr) return Error(ErrorKind::kTls, "OCSP: the certificate cannot be used");
  const RequestPtr request(::OCSP_REQUEST_new());
  IdPtr id = id_of(*loaded);
  if (id == nullptr || ::OCSP_request_add0_id(request.get(), id.get()) == nullptr) return refused("no request");
  (void)id.release();  // the request has it
  unsigned char* bytes = nullptr;
  const int size = ::i2d_OCSP_REQUEST(request.get(), &bytes);
  if (size <= 0) return refused("no request");
  std::string out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return out;
}

base::Result<std::shared_ptr<const Staple>> read_ocsp_response(const Certificate& certificate, std::string_view der,
                                                               base::WallTime now) {
  const Certificate::Loaded* const loaded = certificate.loaded();
  if (loaded == nullptr) return Error(ErrorKind::kTls, "OCSP: the certificate cannot be used");
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const ResponsePtr response(::d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  if (response == nullptr) return refused("the answer is malformed");
  if (const int status = ::OCSP_response_status(response.get()); status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return Error(ErrorKind::kTls, std::string("OCSP: the responder says ") + ::OCSP_response_status_str(status));
  const BasicPtr basic(::OCSP_response_get1_basic(response.get()));
  if (basic == nullptr) return refused("the answer is malformed");
  if (!is_signed(basic.get(), *loaded)) return refused("the answer is not signed by the issuer");
  const IdPtr id = id_of(*loaded);
  int status = V_OCSP_CERTSTATUS_UNKNOWN;
  ASN1_GENERALIZEDTIME* this_update = nullptr;
  ASN1_GENERALIZEDTIME* next_update = nullptr;
  if (::OCSP_resp_find_status(basic.get(), id.get(), &status, nullptr, nullptr, &this_update, &next_update) != 1)
    return Error(ErrorKind::kTls, "OCSP: the answer is about another certificate");
  if (status == V_OCSP_CERTSTATUS_UNKNOWN)
    return Error(ErrorKind::kTls, "OCSP: the responder does not know the certificate");
  auto staple = std::make_shared<Staple>();
  staple->response = der;
  staple->this_update = seconds_of(this_update);
  staple->next_update = seconds_of(next_update);
  staple->revoked = status == V_OCSP_CERTSTATUS_REVOKED;
  constexpr std::int64_t kClocksDiffer = 300;  // seconds
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (staple->expired(seconds) || staple->this_update > seconds + kClocksDiffer)
    return Error(ErrorKind::kTls, "OCSP: the answer is not in force now");
  return std::shared_ptr<const Staple>(std::move(staple));
}

}  // namespace tandem::tls
