#include "engine/tls/self_signed.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>

namespace tandem::tls {

namespace {

constexpr int kBits = 2048;
constexpr long kYear = 365L * 24 * 60 * 60;
constexpr const char* kCommonName = "TRAEFIK DEFAULT CERT";

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freed<Free>>;
using Key = Owned<EVP_PKEY, ::EVP_PKEY_free>;
using Leaf = Owned<X509, ::X509_free>;
using Memory = Owned<BIO, ::BIO_free>;

base::Error failed() { return {base::ErrorKind::kInternal, "cannot make a certificate"}; }

std::string random_hex() {
  std::array<unsigned char, 16> bytes{};
  ::RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  std::string out;
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const unsigned char byte : bytes) out.append({kDigits[byte >> 4], kDigits[byte & 15U]});
  return out;
}

bool add_extension(X509* leaf, int kind, const std::string& value) {
  X509_EXTENSION* const extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  const bool added = extension != nullptr && ::X509_add_ext(leaf, extension, -1) == 1;
  ::X509_EXTENSION_free(extension);
  return added;
}

/// Number, name and key.
bool name_it(X509* leaf, EVP_PKEY* key, const char* common_name) {
  BIGNUM* const serial = ::BN_new();
  const bool numbered = serial != nullptr && ::BN_rand(serial, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                        ::BN_to_ASN1_INTEGER(serial, ::X509_get_serialNumber(leaf)) != nullptr;
  ::BN_free(serial);
  X509_NAME* const name = ::X509_get_subject_name(leaf);
  const auto* text = reinterpret_cast<const unsigned char*>(common_name);
  return numbered && ::X509_set_version(leaf, 2) == 1 &&
         ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
         ::X509_set_issuer_name(leaf, name) == 1 && ::X509_gmtime_adj(::X509_getm_notBefore(leaf), 0) != nullptr &&
         ::X509_set_pubkey(leaf, key) == 1;
}

bool fill(X509* leaf, EVP_PKEY* key) {
  return name_it(leaf, key, kCommonName) && ::X509_gmtime_adj(::X509_getm_notAfter(leaf), kYear) != nullptr &&
         add_extension(leaf, NID_subject_alt_name, "DNS:" + random_hex() + "." + random_hex() + ".traefik.default") &&
         add_extension(leaf, NID_key_usage,
                       "critical,digitalSignature,keyEncipherment,dataEncipherment,keyAgreement") &&
         add_extension(leaf, NID_ext_key_usage, "serverAuth") &&
         add_extension(leaf, NID_basic_constraints, "critical,CA:TRUE") && ::X509_sign(leaf, key, ::EVP_sha256()) != 0;
}

/// Both may be used as client and as server: nobody looks at anything but the fingerprint.
bool fill_pinned(X509* leaf, EVP_PKEY* key, const std::string& common_name) {
  return name_it(leaf, key, common_name.c_str()) &&
         ::ASN1_TIME_set_string(::X509_getm_notAfter(leaf), "99991231235959Z") == 1 &&
         ::X509_sign(leaf, key, ::EVP_sha256()) != 0;
}

std::string text_of(BIO* memory) {
  char* bytes = nullptr;
  const long size = ::BIO_get_mem_data(memory, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

base::Result<PemPair> as_pem(X509* leaf, EVP_PKEY* key) {
  const Memory chain(::BIO_new(::BIO_s_mem()));
  const Memory private_key(::BIO_new(::BIO_s_mem()));
  if (::PEM_write_bio_X509(chain.get(), leaf) != 1 ||
      ::PEM_write_bio_PrivateKey(private_key.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return failed();
  }
  return PemPair{.certificate = text_of(chain.get()), .key = text_of(private_key.get())};
}

}  // namespace

base::Result<CertificatePtr> make_self_signed() {
  const Key key(EVP_RSA_gen(kBits));
  const Leaf leaf(::X509_new());
  if (key == nullptr || leaf == nullptr || !fill(leaf.get(), key.get())) return failed();
  const base::Result<PemPair> pem = as_pem(leaf.get(), key.get());
  if (!pem) return pem.error();
  return Certificate::parse(pem->certificate, pem->key);
}

base::Result<PemPair> make_pinned_identity(const std::string& common_name) {
  const Key key(EVP_EC_gen("P-256"));
  const Leaf leaf(::X509_new());
  if (key == nullptr || leaf == nullptr || !fill_pinned(leaf.get(), key.get(), common_name)) return failed();
  return as_pem(leaf.get(), key.get());
}

}  // namespace tandem::tls
