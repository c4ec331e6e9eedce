#pragma once

// TlsMaterial: certificates as the configuration names them, across its changes: each pair is read once for each
// content, and a change costs what changed. Control thread; lives as long as the program. The stores it makes are
// immutable.

#include <sys/stat.h>

#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "config/model/tls_dynamic.h"
#include "engine/tls/certificate_store.h"

namespace tandem::routing {

class TlsMaterial {
 public:
  /// Begins to make the certificate that serves where no default one is configured.
  TlsMaterial();
  TlsMaterial(const TlsMaterial&) = delete;
  TlsMaterial& operator=(const TlsMaterial&) = delete;

  /// The store that serves clients (Traefik's `default`). What cannot be used is logged and left out. `look_again`:
  /// named files may hold something else than at the last call.
  std::shared_ptr<const tls::CertificateStore> store(const model::TlsConfiguration& configuration, bool look_again);

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
    std::uint64_t generation = 0;  // of the last store that named it
  };
  static Stamp stamp_of(const std::string& file_or_content);
  static base::Result<tls::CertificatePtr> read(const std::string& chain, const std::string& key);
  tls::CertificatePtr get(const std::string& chain, const std::string& key, bool look_again);
  bool is_same(const model::TlsConfiguration& configuration) const;

  std::shared_future<tls::CertificatePtr> generated_;
  std::unordered_map<std::string, Pair> pairs_;  // both options' texts, a zero byte between them
  std::uint64_t generation_ = 0;
  std::shared_ptr<const tls::CertificateStore> latest_;
  std::vector<model::StoredCertificate> certificates_;  // what `latest_` was made from
  model::TlsStore default_store_;
};

}  // namespace tandem::routing
