#include "app/api/certificates.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>

#include "app/api/reply.h"
#include "base/clock.h"
#include "base/text.h"

namespace tandem::api {

namespace {

using format::Object;
using format::Value;
using tls::CertificatePtr;

constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;

std::string hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : bytes) out.append({kDigits[byte >> 4], kDigits[byte & 15U]});
  return out;
}

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  ::EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, ::EVP_sha256(), nullptr);
  return hex(std::span(digest).first(size));
}

std::string_view status_of(const tls::Certificate& certificate) {
  constexpr std::int64_t kSoon = std::int64_t{30} * 24 * 60 * 60;
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(base::wall_now().time_since_epoch()).count();
  const std::int64_t left = certificate.facts().not_after - now;
  if (left < 0) return "expired";
  return left < kSoon ? "warning" : "enabled";
}

std::string time_text(const ASN1_TIME* time) {
  tm parts{};
  ::ASN1_TIME_to_tm(time, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string attribute(const X509_NAME* name, int type) {
  const int at = ::X509_NAME_get_index_by_NID(name, type, -1);
  if (at < 0) return {};
  const ASN1_STRING* const value = ::X509_NAME_ENTRY_get_data(::X509_NAME_get_entry(name, at));
  return {reinterpret_cast<const char*>(::ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(::ASN1_STRING_length(value))};
}

std::string serial_number(const X509* leaf) {
  BIGNUM* const number = ::ASN1_INTEGER_to_BN(::X509_get0_serialNumber(leaf), nullptr);
  char* const text = ::BN_bn2dec(number);
  std::string out(text);
  ::OPENSSL_free(text);
  ::BN_free(number);
  return out;
}

/// Go's names.
std::string signature_algorithm(const X509* leaf) {
  switch (::X509_get_signature_nid(leaf)) {
    case NID_sha1WithRSAEncryption:
      return "SHA1-RSA";
    case NID_sha256WithRSAEncryption:
      return "SHA256-RSA";
    case NID_sha384WithRSAEncryption:
      return "SHA384-RSA";
    case NID_sha512WithRSAEncryption:
      return "SHA512-RSA";
    case NID_rsassaPss:
      return "SHA256-RSAPSS";
    case NID_ecdsa_with_SHA1:
      return "ECDSA-SHA1";
    case NID_ecdsa_with_SHA256:
      return "ECDSA-SHA256";
    case NID_ecdsa_with_SHA384:
      return "ECDSA-SHA384";
    case NID_ecdsa_with_SHA512:
      return "ECDSA-SHA512";
    case NID_ED25519:
      return "Ed25519";
    default:
      return "0";
  }
}

std::string public_key_fingerprint(const X509* leaf) {
  unsigned char* der = nullptr;
  const int size = ::i2d_X509_PUBKEY(::X509_get_X509_PUBKEY(leaf), &der);
  if (size <= 0) return {};
  std::string out = sha256({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  ::OPENSSL_free(der);
  return out;
}

std::vector<std::string> alternative_names(const tls::Certificate& certificate, X509* leaf) {
  std::vector<std::string> out;
  auto* const names = static_cast<GENERAL_NAMES*>(::X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    out.emplace_back(reinterpret_cast<const char*>(::ASN1_STRING_get0_data(name->d.dNSName)),
                     static_cast<std::size_t>(::ASN1_STRING_length(name->d.dNSName)));
  }
  const bool addresses = sk_GENERAL_NAME_num(names) > static_cast<int>(out.size());
  ::GENERAL_NAMES_free(names);
  // Their texts are among the names that certificates are found by.
  for (const std::string& name : certificate.names()) {
    const bool address = name.find_first_not_of("0123456789.") == std::string::npos || name.contains(':');
    if (addresses && address) out.push_back(name);
  }
  std::ranges::sort(out);
  return out;
}

using Leaf = std::unique_ptr<X509, decltype(&::X509_free)>;

Leaf leaf_of(const tls::Certificate& certificate) {
  const auto* der = reinterpret_cast<const unsigned char*>(certificate.leaf().data());
  return {::d2i_X509(nullptr, &der, static_cast<long>(certificate.leaf().size())), &::X509_free};
}

Value item_of(const tls::Certificate& certificate) {
  const Leaf leaf = leaf_of(certificate);
  Object item;
  const auto add = [&item](std::string_view name, std::string_view value) {
    item.push_back({std::string(name), text(value)});
  };
  const auto add_some = [&add](std::string_view name, const std::string& value) {
    if (!value.empty()) add(name, value);
  };
  const std::string fingerprint = sha256(certificate.leaf());
  add("name", fingerprint);
  if (leaf != nullptr) {
    const X509_NAME* const subject = ::X509_get_subject_name(leaf.get());
    const X509_NAME* const issuer = ::X509_get_issuer_name(leaf.get());
    item.push_back({"sans", list(alternative_names(certificate, leaf.get()))});
    add("notAfter", time_text(::X509_get0_notAfter(leaf.get())));
    add("notBefore", time_text(::X509_get0_notBefore(leaf.get())));
    add("serialNumber", serial_number(leaf.get()));
    add("commonName", attribute(subject, NID_commonName));
    add_some("issuerOrg", attribute(issuer, NID_organizationName));
    add_some("issuerCN", attribute(issuer, NID_commonName));
    add_some("issuerCountry", attribute(issuer, NID_countryName));
    add_some("organization", attribute(subject, NID_organizationName));
    add_some("country", attribute(subject, NID_countryName));
    add("version", "v" + std::to_string(::X509_get_version(leaf.get()) + 1));
    const EVP_PKEY* const key = ::X509_get0_pubkey(leaf.get());
    const int kind = key == nullptr ? NID_undef : ::EVP_PKEY_get_base_id(key);
    const bool known = kind == EVP_PKEY_RSA || kind == EVP_PKEY_EC;
    add("keyType", kind == EVP_PKEY_RSA ? "RSA" : kind == EVP_PKEY_EC ? "ECDSA" : "Unknown");
    if (known) item.push_back({"keySize", number(::EVP_PKEY_get_bits(key))});
    add("signatureAlgorithm", signature_algorithm(leaf.get()));
    add("certFingerprint", fingerprint);
    add("publicKeyFingerprint", public_key_fingerprint(leaf.get()));
  }
  add("status", status_of(certificate));
  return {std::move(item), {}};
}

bool is_wanted(const tls::Certificate& certificate, const Parameters& parameters) {
  const std::string_view status = parameters.text("status");
  if (!status.empty() && !base::equal_ignoring_case(status, status_of(certificate))) return false;
  const std::string_view search = parameters.text("search");
  const tls::Certificate::Facts& facts = certificate.facts();
  const auto has = [search](const std::string& part) { return contains_ignoring_case(part, search); };
  return search.empty() || has(facts.common_name) || has(facts.issuer_organization) || has(facts.issuer_common_name) ||
         std::ranges::any_of(certificate.names(), has);
}

std::string sort_key(const tls::Certificate& certificate, std::string_view by) {
  if (by == "status") return std::string(status_of(certificate));
  if (by == "issuer") return certificate.facts().issuer_common_name;
  if (by == "validUntil") return fmt::format("{:020}", certificate.facts().not_after);
  return certificate.facts().common_name;
}

}  // namespace

std::vector<CertificatePtr> listed_certificates(const tls::CertificateStore& store) {
  std::vector<CertificatePtr> out = store.certificates();
  const CertificatePtr& fallback = store.configured_fallback();
  const auto same = [&fallback](const CertificatePtr& each) { return each->leaf() == fallback->leaf(); };
  if (fallback != nullptr && std::ranges::none_of(out, same)) out.push_back(fallback);
  return out;
}

CertificateLabels labels_of(const tls::Certificate& certificate) {
  const Leaf leaf = leaf_of(certificate);
  if (leaf == nullptr) return {.common_name = certificate.facts().common_name, .alternative_names = {}, .serial = {}};
  return {.common_name = attribute(::X509_get_subject_name(leaf.get()), NID_commonName),
          .alternative_names = fmt::format("{}", fmt::join(alternative_names(certificate, leaf.get()), ",")),
          .serial = serial_number(leaf.get())};
}

http::Response answer_certificates(const tls::CertificateStore& store, std::string_view fingerprint,
                                   const Parameters& parameters, http::Exchange& exchange) {
  const std::vector<CertificatePtr> all = listed_certificates(store);
  if (!fingerprint.empty()) {
    const auto found = std::ranges::find_if(
        all, [fingerprint](const CertificatePtr& each) { return sha256(each->leaf()) == fingerprint; });
    if (found == all.end()) return failure(kNotFound, fmt::format("certificate not found: {}", fingerprint), exchange);
    return json(item_of(**found), exchange);
  }
  struct Sorted {
    std::string key;
    const tls::Certificate* certificate;
  };
  std::vector<Sorted> sorted;
  for (const CertificatePtr& each : all) {
    if (is_wanted(*each, parameters)) sorted.push_back({sort_key(*each, parameters.text("sortBy")), each.get()});
  }
  const bool descending = parameters.text("direction") == "desc";
  std::ranges::sort(sorted, [descending](const Sorted& a, const Sorted& b) {
    const int by_key = a.key.compare(b.key);
    const int order =
        by_key != 0 ? by_key : a.certificate->facts().common_name.compare(b.certificate->facts().common_name);
    return descending ? order > 0 : order < 0;
  });
  const PageOrError part = page_of(parameters, sorted.size());
  if (!part.error.empty()) return failure(kBadRequest, part.error, exchange);
  format::Array out;
  for (std::size_t i = part.page.begin; i < part.page.end; ++i) out.push_back(item_of(*sorted[i].certificate));
  http::Response response = json(Value(std::move(out), {}), exchange);
  response.headers.add("X-Next-Page", std::to_string(part.page.next));
  return response;
}

Value count_certificates(const tls::CertificateStore& store) {
  std::int64_t total = 0;
  std::int64_t warnings = 0;
  std::int64_t errors = 0;
  for (const CertificatePtr& each : listed_certificates(store)) {
    ++total;
    warnings += status_of(*each) == "warning" ? 1 : 0;
    errors += status_of(*each) == "expired" ? 1 : 0;
  }
  return {Object{{"total", number(total)}, {"warnings", number(warnings)}, {"errors", number(errors)}}, {}};
}

}  // namespace tandem::api
