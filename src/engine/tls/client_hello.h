#pragma once

// What a connection's first bytes are, and what a ClientHello says before anything was agreed: the name asked for, the
// protocols and versions offered. A pure parser of untrusted bytes: any thread, no state, no allocation.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tandem::tls {

/// The longest beginning of a connection that is looked at: records that hold a ClientHello. Real ones have 300 bytes
/// to 2 KiB; the rest is room for key shares to come.
inline constexpr std::size_t kMaxClientHello = std::size_t{16} * 1024;
/// The longest name that is taken (RFC 1035 §2.3.4: 255 with its root).
inline constexpr std::size_t kMaxServerName = 255;

/// Parts of a ClientHello (RFC 8446 §4.1.2). Views point into the bytes that were parsed.
struct ClientHello {
  /// The first host name of server_name (RFC 6066 §3) as sent; empty without.
  std::string_view server_name;
  /// The body of application_layer_protocol_negotiation (RFC 7301): names, each behind its length. See offers().
  std::string_view alpn;
  /// The highest version offered: 0x0304 for TLS 1.3, as supported_versions or the hello itself says.
  std::uint16_t highest_version = 0;

  /// Whether the client offers this protocol by ALPN.
  bool offers(std::string_view protocol) const;
};

enum class FirstBytes : std::uint8_t {
  kMore,      ///< they may become a ClientHello
  kOther,     ///< something else than TLS
  kTooOld,    ///< the hello of SSL 2: TLS, but nobody speaks that any more
  kBad,       ///< TLS, but no ClientHello that could be answered
  kTooLong,   ///< a ClientHello beyond kMaxClientHello
  kComplete,  ///< `hello` holds
};

/// Looks at the beginning of a connection. The hello may be cut into several records. `room` is where such a hello is
/// put together, of at least bytes.size(); views may point into it.
FirstBytes parse_first_bytes(std::string_view bytes, char* room, ClientHello& hello);

/// Whether a name may stand in server_name: not empty, without a trailing dot (RFC 6066 §3) and without zero bytes.
bool may_be_server_name(std::string_view name);

}  // namespace tandem::tls
