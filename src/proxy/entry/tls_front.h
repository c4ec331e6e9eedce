#pragma once

// The first bytes of a connection: cleartext or TLS, and with TLS the handshake with the options and the certificate
// for the name that the client asks for. Runs on the connection's worker.

#include <memory>
#include <string>

#include "engine/loop/task.h"
#include "engine/net/tcp.h"
#include "protocol/http/exchange.h"
#include "proxy/entry/entry_point.h"
#include "proxy/handshake/tls_table.h"

namespace tandem::entry {

/// What a connection's exchanges may know of its TLS; it outlives them.
struct TlsIdentity {
  std::string server_name;  ///< in lower case
  std::string client_subject;
  http::TlsFacts facts;
};

/// A connection that is ready for a session. The stream is null when it was refused or has ended.
struct Opened {
  std::unique_ptr<net::Stream> stream;
  std::unique_ptr<TlsIdentity> tls;  ///< null in cleartext
  std::string protocol;              ///< agreed on by ALPN; empty without
};

/// Whether a connection that begins with this byte wants TLS.
constexpr bool begins_tls(char first) { return first == '\x16' || first == '\x80'; }

/// Waits for the first bytes and shakes hands where they want TLS; fills in what `connection` knows of it. `early`
/// holds what was read already; in cleartext it then holds all that was read. Not inlined, as its frame is larger than
/// what a waiting connection should hold.
[[gnu::noinline]] loop::Task<Opened> open_stream(std::unique_ptr<net::SocketStream> socket,
                                                 const EntryPointOptions& options, handshake::TlsTablePtr table,
                                                 http::Connection& connection, std::string& early);

}  // namespace tandem::entry
