#pragma once

// CertificateStore: which certificate a name gets. Built on the control thread; immutable and shared by all cores.

#include <cstdint>
#include <future>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/tls/certificate.h"

namespace tandem::tls {

class CertificateStore {
 public:
  /// Of certificates with the same names the first counts.
  explicit CertificateStore(std::span<const CertificatePtr> certificates);

  /// What connections get whose name has no certificate; without any they are refused.
  void set_fallback(CertificatePtr certificate) { fallback_ = std::move(certificate); }
  /// One that is being made; whoever needs it first waits for it.
  void set_fallback(std::shared_future<CertificatePtr> made) { made_ = std::move(made); }

  /// The certificate for a name in lower case: the exact name or a wildcard for its first label. Of several the one
  /// whose identity comes last in order, as in Traefik. Null without.
  const CertificatePtr* find(std::string_view name) const;
  CertificatePtr fallback() const;

  /// Those that can be found, by identity.
  const std::vector<CertificatePtr>& certificates() const { return certificates_; }
  const CertificatePtr& configured_fallback() const { return fallback_; }

 private:
  struct Slot {
    std::size_t hash = 0;
    std::string_view name;                        // of the certificate
    const CertificatePtr* certificate = nullptr;  // null: free
  };
  const Slot& slot_of(std::string_view name) const;
  void add(const CertificatePtr& certificate);

  std::vector<CertificatePtr> certificates_;
  std::vector<Slot> slots_;  // a hash table with open addressing; a power of two
  CertificatePtr fallback_;
  std::shared_future<CertificatePtr> made_;
};

}  // namespace tandem::tls
