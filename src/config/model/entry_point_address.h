#pragma once

// The address of an entry point, taken apart. Any thread; a plain value.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tandem::model {

enum class EntryPointProtocol : std::uint8_t { kTcp, kUdp };

struct EntryPointAddress {
  std::string host;        ///< Empty: every address of the machine; IPv6 without brackets, a zone kept.
  std::uint16_t port = 0;  ///< 0: any free port.
  EntryPointProtocol protocol = EntryPointProtocol::kTcp;
  bool operator==(const EntryPointAddress&) const = default;
};

/// Reads `[host]:port[/tcp|/udp]` (Traefik: entryPoints.NAME.address); the protocol in any case, tcp when absent; an
/// empty address is any port of every address. Errors: kInvalid, e.g. "invalid protocol: sctp".
base::Result<EntryPointAddress> parse_entry_point_address(std::string_view text);

}  // namespace tandem::model
