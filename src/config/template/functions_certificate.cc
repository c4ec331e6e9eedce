// Keys and certificates, by OpenSSL, as sprig makes them: RSA with 2048 bits, SHA-256, PEM.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>

#include "config/template/functions.h"
#include "config/template/print.h"

namespace tandem::templates {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(OSSL_ENCODER_CTX* context) const { OSSL_ENCODER_CTX_free(context); }
  void operator()(BIGNUM* number) const { BN_free(number); }
};

using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Memory = std::unique_ptr<BIO, Free>;

constexpr std::string_view kType = "sprig.certificate";

base::Error broken(std::string message) {
  ERR_clear_error();
  return failure(std::move(message));
}

/// Making a key takes up to a second.
base::Result<void> pay(Call& call, std::size_t steps) {
  if (!call.rendering.spend_steps(steps)) return base::Error(base::ErrorKind::kLimit, "the template takes too long");
  return {};
}

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

/// PEM in the form that is named after the algorithm ("RSA PRIVATE KEY"), or PKCS#8.
std::string pem_of(EVP_PKEY* key, bool named) {
  const Memory bio(BIO_new(BIO_s_mem()));
  const std::unique_ptr<OSSL_ENCODER_CTX, Free> encoder(OSSL_ENCODER_CTX_new_for_pkey(
      key, OSSL_KEYMGMT_SELECT_ALL, "PEM", named ? "type-specific" : "PrivateKeyInfo", nullptr));
  if (encoder == nullptr || OSSL_ENCODER_to_bio(encoder.get(), bio.get()) != 1) return {};
  return text_of(bio.get());
}

std::string pem_of(X509* certificate) {
  const Memory bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return text_of(bio.get());
}

Memory reading(const std::string& text) { return Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

base::Result<Key> read_key(const std::string& pem) {
  Key key(PEM_read_bio_PrivateKey(reading(pem).get(), nullptr, nullptr, nullptr));
  if (key == nullptr) return broken("error parsing private key: unable to decode PEM");
  return key;
}

Outcome gen_private_key(Call& call) {
  const std::string& type = call.text(0);
  const auto paid = pay(call, 2'000'000);
  if (!paid) return paid.error();
  if (type.empty() || type == "rsa") {
    const Key key(EVP_RSA_gen(4096));
    return Value::of(pem_of(key.get(), true));
  }
  if (type == "ecdsa") {
    const Key key(EVP_EC_gen("P-256"));
    return Value::of(pem_of(key.get(), true));
  }
  if (type == "ed25519") {
    const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    return Value::of(pem_of(key.get(), false));
  }
  return Value::of(type == "dsa" ? "DSA keys are not made any more" : "Unknown type " + type);
}

/// What a certificate says.
struct Request {
  std::string name;
  const Value* addresses = nullptr;
  const Value* names = nullptr;
  std::int64_t days = 0;
  bool authority = false;
};

base::Result<std::string> alternatives(const Request& request) {
  std::vector<std::string> parts;
  const auto add = [&parts](const Value* list, std::string_view prefix) -> base::Result<void> {
    if (list == nullptr || list->absent()) return {};
    const bool address = prefix == "IP:";
    for (const Value& each : list->items()) {
      const std::string_view what = address ? "error parsing ip: " : "error parsing alternate dns name: ";
      if (!each.is(Type::kString)) return failure(fmt::format("{}{} is not a string", what, shown(each).value_or("")));
      std::array<unsigned char, 16> bytes;
      if (address && ::inet_pton(AF_INET, each.text().c_str(), bytes.data()) != 1 &&
          ::inet_pton(AF_INET6, each.text().c_str(), bytes.data()) != 1) {
        return failure(fmt::format("{}{}", what, each.text()));
      }
      // Commas and line ends would be syntax of the extension.
      if (each.text().find_first_of(",\n\r;") != std::string::npos)
        return failure(fmt::format("{}{}", what, each.text()));
      parts.push_back(std::string(prefix) + each.text());
    }
    return {};
  };
  for (const auto& [list, prefix] : {std::pair(request.addresses, "IP:"), std::pair(request.names, "DNS:")}) {
    const auto added = add(list, prefix);
    if (!added) return added.error();
  }
  return join(parts, ",");
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  if (X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())) {
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
}

/// `issuer` null: signed by itself.
base::Result<Certificate> make_certificate(const Request& request, EVP_PKEY* key, X509* issuer, EVP_PKEY* signer) {
  const auto names = alternatives(request);
  if (!names) return names.error();
  Certificate made(X509_new());
  X509* certificate = made.get();
  X509_set_version(certificate, X509_VERSION_3);
  const std::string serial = random_bytes(16);
  const std::unique_ptr<BIGNUM, Free> number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(serial.data()), static_cast<int>(serial.size()), nullptr));
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate));
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_time_adj_ex(X509_getm_notAfter(certificate),
                   static_cast<int>(std::clamp<std::int64_t>(request.days, -36'500, 365'000)), 0, nullptr);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(request.name.c_str()),
                             -1, -1, 0);
  X509_set_issuer_name(certificate, issuer == nullptr ? subject : X509_get_subject_name(issuer));
  X509* parent = issuer == nullptr ? certificate : issuer;
  extend(certificate, parent, NID_key_usage,
         request.authority ? "critical,digitalSignature,keyEncipherment,keyCertSign"
                           : "critical,digitalSignature,keyEncipherment");
  extend(certificate, parent, NID_ext_key_usage, "serverAuth,clientAuth");
  extend(certificate, parent, NID_basic_constraints, request.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (request.authority) extend(certificate, parent, NID_subject_key_identifier, "hash");
  if (issuer != nullptr) extend(certificate, parent, NID_authority_key_identifier, "keyid");
  if (!names->empty()) extend(certificate, parent, NID_subject_alt_name, *names);
  const bool plain = EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519;
  if (X509_sign(certificate, signer, plain ? nullptr : EVP_sha256()) == 0) return broken("error creating certificate");
  ERR_clear_error();
  return made;
}

Value pair_of(Call& call, std::string certificate, std::string key) {
  Value made = call.rendering.heap().structure(std::string(kType));
  made.fields().entries.emplace("Cert", Value::of(std::move(certificate)));
  made.fields().entries.emplace("Key", Value::of(std::move(key)));
  return made;
}

/// `key_pem` null: a new key is made. `authority` null: the certificate signs itself.
Outcome issue(Call& call, const Request& request, const std::string* key_pem, const Value* authority) {
  const auto paid = pay(call, key_pem == nullptr ? 500'000 : 20'000);
  if (!paid) return paid.error();
  Key key;
  if (key_pem == nullptr) {
    key.reset(EVP_RSA_gen(2048));
  } else {
    auto read = read_key(*key_pem);
    if (!read) return read.error();
    key = *std::move(read);
  }
  Certificate issuer;
  Key signer;
  if (authority != nullptr) {
    const auto& fields = authority->fields().entries;
    issuer.reset(PEM_read_bio_X509(reading(fields.at("Cert").text()).get(), nullptr, nullptr, nullptr));
    if (issuer == nullptr) return broken("unable to decode certificate");
    auto read = read_key(fields.at("Key").text());
    if (!read) return read.error();
    signer = *std::move(read);
  }
  const auto made = make_certificate(request, key.get(), issuer.get(), signer ? signer.get() : key.get());
  if (!made) return made.error();
  const bool named = EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519;
  return pair_of(call, pem_of(made->get()), pem_of(key.get(), named));
}

Request authority_request(Call& call) { return {.name = call.text(0), .days = call.integer(1), .authority = true}; }

Request server_request(Call& call) {
  return {.name = call.text(0), .addresses = &call[1], .names = &call[2], .days = call.integer(3)};
}

std::optional<std::string> from_base64(const std::string& text) {
  std::string bytes(text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0 || text.size() % 4 != 0) return std::nullopt;
  const auto padding = static_cast<std::size_t>(std::ranges::count(text, '='));
  bytes.resize(static_cast<std::size_t>(size) - std::min<std::size_t>(padding, static_cast<std::size_t>(size)));
  return bytes;
}

Outcome build_custom(Call& call) {
  const auto certificate = from_base64(call.text(0));
  if (!certificate) return broken("unable to decode base64 certificate");
  const auto key = from_base64(call.text(1));
  if (!key) return broken("unable to decode base64 private key");
  const Certificate read(PEM_read_bio_X509(reading(*certificate).get(), nullptr, nullptr, nullptr));
  if (read == nullptr) return broken("unable to decode certificate");
  const auto read_private = read_key(*key);
  if (!read_private) return read_private.error();
  return pair_of(call, *certificate, *key);
}

constexpr BuiltIn kFunctions[] = {
    {"buildCustomCert", "ss", build_custom},
    {"genCA", "si", [](Call& call) { return issue(call, authority_request(call), nullptr, nullptr); }},
    {"genCAWithKey", "sis", [](Call& call) { return issue(call, authority_request(call), &call.text(2), nullptr); }},
    {"genPrivateKey", "s", gen_private_key},
    {"genSelfSignedCert", "slli", [](Call& call) { return issue(call, server_request(call), nullptr, nullptr); }},
    {"genSelfSignedCertWithKey", "sllis",
     [](Call& call) { return issue(call, server_request(call), &call.text(4), nullptr); }},
    {"genSignedCert", "sllic", [](Call& call) { return issue(call, server_request(call), nullptr, &call[4]); }},
    {"genSignedCertWithKey", "sllics",
     [](Call& call) { return issue(call, server_request(call), &call.text(5), &call[4]); }},
};

}  // namespace

std::span<const BuiltIn> certificate_functions() { return kFunctions; }

}  // namespace tandem::templates
