#pragma once

// The names by which configurations call versions, cipher suites and curves (Go's), and what OpenSSL calls them. Any
// thread, no state.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::tls {

/// "VersionTLS12" → 0x0303; nothing for other words.
std::optional<int> version_named(std::string_view name);

/// A suite of TLS 1.2 and before. OpenSSL's name is empty for what it has not (RC4, 3DES) and for those of TLS 1.3,
/// which cannot be chosen.
struct CipherSuite {
  std::string_view name;
  std::string_view openssl;
};
/// Null for a name that Go does not know.
const CipherSuite* cipher_suite_named(std::string_view name);
/// OpenSSL's list of these suites in the order in which a server prefers them, whatever the order given; `names` empty:
/// those that are safe.
std::string cipher_list(const std::vector<std::string>& names);

/// OpenSSL's name of a curve, empty for one that it has not; nothing for a name that is not known.
std::optional<std::string_view> curve_named(std::string_view name);
/// The curves that are used when none are chosen.
inline constexpr std::string_view kDefaultCurves = "X25519:P-256:P-384:P-521";
/// Suites of TLS 1.3 in the order of preference.
inline constexpr const char* kSuites13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

}  // namespace tandem::tls
