#pragma once

// TlsMaterial: certificates as the configuration names them, across its changes: each pair is read once for each
// content, and a change costs what changed. Control thread; lives as long as the program. The stores it makes are
// immutable.

#include <sys/stat.h>

#include <cstdint>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/model/dynamic_configuration.h"
#include "engine/tls/certificate_store.h"

namespace tandem::handshake {

class TlsMaterial {
 public:
  /// Begins to make the certificate that serves where no default one is configured.
  TlsMaterial();
  TlsMaterial(const TlsMaterial&) = delete;
  TlsMaterial& operator=(const TlsMaterial&) = delete;

  /// Which named files may hold something else than at the last call: all, or these.
  struct Touched {
    bool all = false;
    std::span<const std::string> files;
  };
  /// The store that serves clients (Traefik's `default`). What cannot be used is logged and left out.
  std::shared_ptr<const tls::CertificateStore> store(std::shared_ptr<const model::DynamicConfiguration> configuration,
                                                     Touched touched);

  /// Certificates that were read since the last call and name an OCSP responder.
  std::vector<tls::CertificatePtr> take_new_with_responder() { return std::exchange(new_with_responder_, {}); }

 private:
  /// What tells that a file is another one than before.
  struct Stamp {
    std::int64_t modified = 0;
    std::int64_t size = -1;
    std::uint64_t inode = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Pair {
    tls::CertificatePtr certificate;  // null: it cannot be used
    Stamp chain;
    Stamp key;
    std::uint64_t looked = 0;  // the store for which it was read or looked at
  };
  using Certificates = std::vector<model::StoredCertificate>;
  using Placed = tls::CertificateStore::Placed;
  /// What changes in the store.
  struct Changes {
    std::vector<Placed> removed;
    std::vector<Placed> added;
  };

  static Stamp stamp_of(const std::string& file_or_content);
  static base::Result<tls::CertificatePtr> read(const std::string& chain, const std::string& key);
  tls::CertificatePtr get(const std::string& chain, const std::string& key);
  Placed place(const model::StoredCertificate& certificate, std::uint64_t at);
  void replace(const Certificates& now, std::size_t begin, std::size_t old_end, std::size_t new_end, Changes& changes);
  void look_at_touched(const Certificates& now, Changes& changes);
  bool is_touched(const std::string& chain, const std::string& key) const;
  bool set_fallback(tls::CertificateStore& store, const model::TlsStore& from);
  void forget_unused();

  std::shared_future<tls::CertificatePtr> generated_;
  std::unordered_map<std::string, Pair> pairs_;  // both options' texts, a zero byte between them
  std::uint64_t stores_ = 0;
  Touched touched_;  // of the store that is being made
  std::shared_ptr<const tls::CertificateStore> latest_;
  std::shared_ptr<const model::DynamicConfiguration> configuration_;  // what `latest_` was made from
  std::vector<Placed> placed_;  // one for each of its certificates; null for those that are not served
  tls::CertificatePtr default_;
  std::vector<tls::CertificatePtr> new_with_responder_;
};

}  // namespace tandem::handshake
