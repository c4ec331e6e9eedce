#pragma once

// OcspStapling: keeps the staples of certificates that name an OCSP responder fresh, beside all handshakes (Traefik:
// ocsp). Control thread; owned by the program, which outlives the loop's run.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/model/static_certificates.h"
#include "engine/loop/loop.h"
#include "engine/loop/scope.h"
#include "engine/tls/ocsp.h"
#include "protocol/client/transport.h"

namespace tandem::app {

class OcspStapling {
 public:
  explicit OcspStapling(const model::Ocsp& options);
  OcspStapling(const OcspStapling&) = delete;
  OcspStapling& operator=(const OcspStapling&) = delete;

  /// Certificates that are served from now on; those without a responder are left alone. One whose leaf is known gets
  /// its staple at once.
  void follow(const std::vector<tls::CertificatePtr>& certificates);
  /// Asks nobody any more.
  void stop();

  /// How served certificates that name a responder stand, and what was asked since the start.
  struct Figures {
    std::size_t good = 0;
    std::size_t revoked = 0;
    std::size_t missing = 0;     ///< nothing was ever answered, or what was has expired
    std::int64_t not_after = 0;  ///< when the first staple in force expires, seconds since 1970; 0: none does
    std::uint64_t answered = 0;
    std::uint64_t failed = 0;
  };
  Figures figures() const;

 private:
  struct Entry {
    std::weak_ptr<const tls::Certificate> certificate;
    std::shared_ptr<const tls::Staple> staple;
    loop::TimePoint due{};
    unsigned failures = 0;  // in a row
    loop::TimePoint gone_since = loop::kNever;
    bool under_way = false;
  };
  using Entries = std::unordered_map<std::string, Entry>;  // by the leaf, DER

  static void on_timer(void* self);
  void look();
  loop::Task<void> refresh(std::string leaf);
  loop::Task<base::Result<std::string>> ask_any(tls::CertificatePtr certificate);
  loop::Task<base::Result<std::string>> ask(std::string url, std::string question);
  void settle(Entry& entry, const tls::Certificate& certificate, const base::Result<std::string>& answer);

  std::map<std::string, std::string> overrides_;
  client::Transport transport_;
  Entries entries_;
  std::size_t asking_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t failed_ = 0;
  loop::Timer timer_{&OcspStapling::on_timer, this};
  loop::Scope tasks_;
};

}  // namespace tandem::app
