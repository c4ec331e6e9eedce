// Client: requests over TLS, and the protocol that server and client agree on there.

#include "engine/tls/secure_stream.h"
#include "protocol/client/client.h"

namespace tandem::client {

namespace {

using base::Error;
using base::ErrorKind;
using base::Side;

/// As Go's transport.
constexpr auto kHandshakePatience = std::chrono::seconds(10);
// Names behind their lengths (RFC 7301 §3.1).
constexpr std::string_view kBoth = "\x02h2\x08http/1.1";
constexpr std::string_view kHttp1 = "\x08http/1.1";

}  // namespace

loop::Task<base::Result<std::unique_ptr<tls::SecureStream>>> Client::dial_tls(bool offer_http2) {
  const tls::ClientContextPtr& context = transport_.tls();
  if (context == nullptr)
    co_return Error(ErrorKind::kTls, Side::kUpstream, "the options of the transport cannot be used");
  base::Result<std::unique_ptr<net::Stream>> socket = co_await dial();
  if (!socket) co_return std::move(socket.error());
  // dial() makes nothing else.
  std::unique_ptr<net::SocketStream> below(static_cast<net::SocketStream*>(socket->release()));
  std::unique_ptr<tls::SecureStream> stream = tls::SecureStream::connect(
      std::move(below), context, target_.host, offer_http2 ? kBoth : kHttp1, pool_.tls_session());
  base::Result<void> shaken = co_await stream->handshake(loop::Loop::current().now() + kHandshakePatience);
  if (!shaken) co_return std::move(shaken.error()).with_side(Side::kUpstream);
  co_return std::move(stream);
}

loop::Task<base::Result<http::Response>> Client::send_https(http::Request& request, http::Exchange& exchange,
                                                            InterimLink interim) {
  Sessions& sessions = pool_.sessions();
  // An upgrade changes the protocol of a whole connection: HTTP/2 has none (RFC 9113 §8.6).
  const bool http2 = request.upgrade.empty() && !transport_.options().disable_http2;
  if (!http2 || sessions.usable() == nullptr) {
    if (std::unique_ptr<UpstreamConnection> waiting = pool_.take(); waiting != nullptr) {
      base::Result<http::Response> response = co_await attempt(std::move(waiting), request, exchange, interim);
      if (response || !response.error().retryable()) co_return response;
    }
  }
  std::unique_ptr<tls::SecureStream> fresh;
  while (http2 && fresh == nullptr && !pool_.prefers_http1) {
    // Where HTTP/2 is to be expected one connection serves all: others wait for it.
    if (sessions.usable() != nullptr) co_return co_await send_http2(request, exchange, interim);
    base::Result<bool> mine = co_await sessions.may_dial();
    if (!mine) co_return std::move(mine.error());
    if (!*mine) continue;
    Sessions::Dialling dialling(sessions);
    base::Result<std::unique_ptr<tls::SecureStream>> stream = co_await dial_tls(true);
    if (!stream) {
      dialling.error = stream.error();
      co_return std::move(stream.error());
    }
    fresh = take_protocol(std::move(*stream));
  }
  if (fresh == nullptr && !(http2 && sessions.usable() != nullptr)) {
    base::Result<std::unique_ptr<tls::SecureStream>> stream = co_await dial_tls(http2);
    if (!stream) co_return std::move(stream.error());
    fresh = take_protocol(std::move(*stream));
  }
  if (fresh == nullptr) co_return co_await send_http2(request, exchange, interim);
  auto connection = std::make_unique<UpstreamConnection>(std::move(fresh), pool_);
  co_return co_await attempt(std::move(connection), request, exchange, interim);
}

/// Gives a new connection to the sessions of HTTP/2 where that was agreed on; else it comes back.
std::unique_ptr<tls::SecureStream> Client::take_protocol(std::unique_ptr<tls::SecureStream> stream) {
  const bool http2 = stream->protocol() == "h2";
  pool_.prefers_http1 = !http2;
  if (http2) pool_.sessions().adopt(std::move(stream));
  return stream;
}

}  // namespace tandem::client
