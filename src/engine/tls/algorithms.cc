#include "engine/tls/algorithms.h"

#include <openssl/tls1.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tandem::tls {

namespace {

// In the order of preference: forward secrecy with authenticated encryption, then CBC, then RSA key exchange. The first
// kSafe of those that OpenSSL has are the default.
constexpr std::size_t kSafe = 10;
constexpr std::array<CipherSuite, 28> kSuites = {{
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256"},
    {"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"},
    {"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"},
    {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"},
    {"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"},
    {"TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"},
    {"TLS_RSA_WITH_RC4_128_SHA", ""},
    {"TLS_RSA_WITH_3DES_EDE_CBC_SHA", ""},
    {"TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", ""},
    {"TLS_ECDHE_RSA_WITH_RC4_128_SHA", ""},
    {"TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", ""},
    {"TLS_AES_128_GCM_SHA256", ""},
    {"TLS_AES_256_GCM_SHA384", ""},
    {"TLS_CHACHA20_POLY1305_SHA256", ""},
    {"TLS_FALLBACK_SCSV", ""},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kCurves = {{
    {"secp256r1", "P-256"},
    {"CurveP256", "P-256"},
    {"secp384r1", "P-384"},
    {"CurveP384", "P-384"},
    {"secp521r1", "P-521"},
    {"CurveP521", "P-521"},
    {"x25519", "X25519"},
    {"X25519", "X25519"},
    // Hybrids with ML-KEM, which OpenSSL has from 3.5 on.
    {"x25519mlkem768", ""},
    {"X25519MLKEM768", ""},
    {"secp256r1mlkem768", ""},
    {"SecP256r1MLKEM768", ""},
    {"secp384r1mlkem1024", ""},
    {"SecP384r1MLKEM1024", ""},
}};

}  // namespace

std::optional<int> version_named(std::string_view name) {
  if (name == "VersionTLS10") return TLS1_VERSION;
  if (name == "VersionTLS11") return TLS1_1_VERSION;
  if (name == "VersionTLS12") return TLS1_2_VERSION;
  if (name == "VersionTLS13") return TLS1_3_VERSION;
  return std::nullopt;
}

const CipherSuite* cipher_suite_named(std::string_view name) {
  const auto found = std::ranges::find(kSuites, name, &CipherSuite::name);
  return found == kSuites.end() || found->name.empty() ? nullptr : &*found;
}

std::string cipher_list(const std::vector<std::string>& names) {
  std::string out;
  std::size_t count = 0;
  for (const CipherSuite& suite : kSuites) {
    const bool wanted = names.empty() ? count < kSafe : std::ranges::find(names, suite.name) != names.end();
    ++count;
    if (!wanted || suite.openssl.empty()) continue;
    if (!out.empty()) out.push_back(':');
    out.append(suite.openssl);
  }
  return out;
}

std::optional<std::string_view> curve_named(std::string_view name) {
  const auto found = std::ranges::find(kCurves, name, &std::pair<std::string_view, std::string_view>::first);
  if (found == kCurves.end()) return std::nullopt;
  return found->second;
}

}  // namespace tandem::tls
