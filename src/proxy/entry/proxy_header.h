#pragma once

// The PROXY protocol on accepted connections (versions 1 and 2): who the client behind a load balancer is. The parser
// is pure; reading runs on the connection's worker.

#include <string>

#include "engine/loop/task.h"
#include "engine/net/stream.h"
#include "engine/net/tcp.h"
#include "protocol/http/exchange.h"
#include "proxy/entry/entry_point.h"

namespace tandem::entry {

/// Reads a header if the connection begins with one. From a peer that is not trusted the header is read and its
/// addresses are ignored (Traefik: proxyProtocol.trustedIPs). Bytes read behind it go to `early`. False when the
/// connection is to be closed.
/// Not inlined, as its frame is larger than what a waiting connection should hold.
[[gnu::noinline]] loop::Task<bool> read_proxy_header(net::Stream& stream, const EntryPointOptions& options,
                                                     http::Connection& connection, std::string& early);

struct ProxyHeader {
  enum class Kind : std::uint8_t {
    kNone,   ///< the bytes begin with something else
    kMore,   ///< they may become a header
    kLocal,  ///< a header without addresses (LOCAL, UNKNOWN)
    kProxied,
    kBad,
  } kind = Kind::kNone;
  std::size_t size = 0;  ///< bytes of the header
  net::Address source;
  net::Address destination;
};
/// Parses the beginning of a connection.
ProxyHeader parse_proxy_header(std::string_view bytes);

}  // namespace tandem::entry
