#pragma once

// AccessRecord: what the access log knows of one request. A worker fills it with views, packs it into its queue, and
// the writer's thread unpacks it there: plain values, no ownership.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tandem::observe {

struct AccessNumbers {
  std::int64_t started_ns = 0;  ///< monotonic clock
  std::int64_t duration_ns = 0;
  std::int64_t origin_duration_ns = 0;
  std::uint64_t downstream_bytes = 0;
  std::uint64_t origin_bytes = 0;
  std::uint64_t request_bytes = 0;
  std::uint64_t count = 0;  ///< requests this worker was asked to log, those that filters and full queues took included
  std::uint32_t retries = 0;
  std::uint16_t downstream_status = 0;
  std::uint16_t origin_status = 0;
  std::uint16_t client_port = 0;
  std::uint8_t version = 1;  ///< as http::Version: 1.0, 1.1, 2, 3
  bool secure = false;
  bool has_query = false;
  bool reached_origin = false;
};
static_assert(std::is_trivially_copyable_v<AccessNumbers>);

/// The texts of a record, in their order there. Empty: not known.
enum class AccessText : std::uint8_t {
  kClientIp,
  kForwardedFor,
  kUser,
  kHost,
  kMethod,
  kPath,
  kQuery,
  kRouter,
  kService,
  kServerUrl,
  kEntryPoint,
  kTlsVersion,
  kTlsCipher,
  kTlsSubject,
};
inline constexpr std::size_t kAccessTexts = static_cast<std::size_t>(AccessText::kTlsSubject) + 1;

/// A header that is logged. The response's stand for the server's too.
struct AccessHeader {
  bool of_request = false;
  std::string_view name;
  std::string_view value;
};

struct AccessRecord {
  AccessNumbers numbers;
  std::array<std::string_view, kAccessTexts> texts{};
  std::span<const AccessHeader> headers;

  std::string_view& operator[](AccessText text) { return texts[static_cast<std::size_t>(text)]; }
  std::string_view operator[](AccessText text) const { return texts[static_cast<std::size_t>(text)]; }
};

/// Bytes that `pack` writes.
std::size_t packed_size(const AccessRecord& record);
void pack(const AccessRecord& record, std::span<char> into);

/// A record read from its packed form. Its views point there; used for one record after the other.
class UnpackedRecord {
 public:
  const AccessRecord& unpack(std::span<const char> packed);

 private:
  AccessRecord record_;
  std::array<AccessHeader, 2048> headers_;
};

}  // namespace tandem::observe
