#pragma once

// Certificate: a chain with its private key, as servers show it. Reading one takes its names and checks that the key
// belongs to it; OpenSSL's objects are made when the first handshake wants them. Immutable but for its staple, shared
// by all cores; the store and open connections hold it by shared_ptr.

#include <openssl/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

struct stack_st_X509;  // STACK_OF(X509)

namespace tandem::tls {

class Certificate;
struct Staple;  // ocsp.h
using CertificatePtr = std::shared_ptr<const Certificate>;

class Certificate {
 public:
  /// Reads PEM texts. Errors: kInvalid when there is no certificate or key in them, or the key is another one's.
  static base::Result<CertificatePtr> parse(std::string_view chain_pem, std::string_view key_pem);
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  /// Common name, DNS names and IP addresses: lower case, sorted.
  const std::vector<std::string>& names() const { return names_; }
  /// names() joined by commas: certificates with the same are alternatives (Traefik's key of a store).
  const std::string& identity() const { return identity_; }
  /// The leaf, DER.
  const std::string& leaf() const { return chain_.front(); }
  bool same_as(const Certificate& other) const { return key_ == other.key_ && chain_ == other.chain_; }

  /// What lists are filtered and sorted by; the rest is in leaf().
  struct Facts {
    std::string common_name;
    std::string issuer_common_name;
    std::string issuer_organization;
    std::int64_t not_after = 0;  ///< seconds since 1970
  };
  const Facts& facts() const { return facts_; }
  /// Where its issuer's OCSP responders are, in the certificate's order (RFC 5280 §4.2.2.1).
  const std::vector<std::string>& ocsp_responders() const { return responders_; }

  /// What handshakes staple; null: nothing. Any thread.
  std::shared_ptr<const Staple> staple() const { return staple_.load(std::memory_order_acquire); }
  void set_staple(std::shared_ptr<const Staple> staple) const {
    staple_.store(std::move(staple), std::memory_order_release);
  }

  /// OpenSSL's objects, borrowed.
  struct Loaded {
    X509* leaf = nullptr;
    stack_st_X509* chain = nullptr;  ///< without the leaf
    EVP_PKEY* key = nullptr;
  };
  /// Made at the first call, which takes half a millisecond. Null when OpenSSL refuses them after all (logged once).
  const Loaded* loaded() const;

 private:
  Certificate() = default;
  void load() const;

  std::vector<std::string> chain_;  // DER
  std::string key_;                 // DER
  std::vector<std::string> names_;
  std::string identity_;
  Facts facts_;
  std::vector<std::string> responders_;
  mutable std::atomic<std::shared_ptr<const Staple>> staple_;
  mutable std::once_flag once_;  // guards the next two while they are made
  mutable Loaded loaded_;
  mutable bool usable_ = false;
};

/// What the certificates of a PEM text say of themselves, without those that are malformed.
std::vector<Certificate::Facts> facts_in(std::string_view pem);

/// Where a text stands in a configuration that may be a path or PEM: a path when such a file can be read, as in
/// Traefik. Errors: those of reading a file that exists.
base::Result<std::string> file_or_content(const std::string& text);

}  // namespace tandem::tls
