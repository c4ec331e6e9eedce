#pragma once

// TicketKeys: the keys that session tickets are sealed with (RFC 5077; TLS 1.3 PSKs the same way). All cores seal with
// the newest and open with those before it until they are too old, so that a client resumes its session on any core,
// and on a second node that was given the same keys. One per process; any thread.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tandem::tls {

struct TicketKey {
  std::array<unsigned char, 16> name{};
  std::array<unsigned char, 32> cipher{};  ///< AES-256-CBC
  std::array<unsigned char, 32> mac{};     ///< HMAC-SHA256
  std::int64_t since = 0;                  ///< seconds since 1970, when it began to seal
  bool operator==(const TicketKey&) const = default;
};

class TicketKeys {
 public:
  /// How long a key seals, and how long tickets live (RFC 8446 §4.6.1 allows seven days).
  static constexpr std::chrono::seconds kSealing = std::chrono::hours(12);
  static constexpr std::chrono::seconds kTicketLife = std::chrono::hours(24);

  static TicketKeys& instance();
  TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  using Set = std::vector<TicketKey>;  ///< the newest first; at least one
  std::shared_ptr<const Set> current() const { return keys_.load(std::memory_order_acquire); }

  /// Begins a new key when the newest has sealed long enough, and forgets those that no living ticket was sealed with.
  /// Cheap when there is nothing to do.
  void rotate(base::WallTime now);

  /// All keys as text for another node; it is secret.
  std::string export_text() const;
  /// Takes over another node's keys: they open tickets from now on, the newest of both seals. Returns how many were not
  /// known. Errors: kInvalid.
  base::Result<std::size_t> import_text(std::string_view text);

 private:
  std::size_t merge(const Set& more, std::int64_t now);

  std::atomic<std::shared_ptr<const Set>> keys_;
};

}  // namespace tandem::tls
