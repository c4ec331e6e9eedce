#pragma once

// CertificateStore: which certificate a name gets. Built on the control thread; immutable and shared by all cores. A
// store that differs little from another one shares with it what is the same, so that a change costs what changed.

#include <array>
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
  /// A certificate and its place in the configuration: of those with the same names the first counts.
  struct Placed {
    CertificatePtr certificate;
    std::uint64_t place = 0;
  };

  CertificateStore() = default;
  /// Like `before`, without `removed` (pairs that it has) and with `added`.
  CertificateStore(const CertificateStore& before, std::span<const Placed> removed, std::span<const Placed> added);

  /// What connections get whose name has no certificate; without any they are refused.
  void set_fallback(CertificatePtr certificate) { fallback_ = std::move(certificate); }
  /// One that is being made.
  void set_fallback(std::shared_future<CertificatePtr> made) { made_ = std::move(made); }

  /// The certificate for a name in lower case: the exact name or a wildcard for its first label. Of several the one
  /// whose identity comes last in order, as in Traefik. Null without.
  const CertificatePtr* find(std::string_view name) const;
  /// Blocks while it is being made.
  CertificatePtr fallback() const;
  bool fallback_is_made() const;

  /// Those that can be found, by identity. Computed at each call.
  std::vector<CertificatePtr> certificates() const;
  const CertificatePtr& configured_fallback() const { return fallback_; }

 private:
  struct Entry {
    std::size_t hash = 0;
    std::string_view name;  // of the certificate
    Placed placed;
  };
  using Shard = std::vector<Entry>;
  static constexpr std::size_t kShards = 4096;

  const CertificatePtr* find_exact(std::string_view name) const;
  static bool is_better(const Placed& one, const Placed& other);

  std::vector<std::shared_ptr<const Shard>> shards_ = std::vector<std::shared_ptr<const Shard>>(kShards);
  CertificatePtr fallback_;
  std::shared_future<CertificatePtr> made_;
};

}  // namespace tandem::tls
