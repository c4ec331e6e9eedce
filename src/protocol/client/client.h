#pragma once

// The HTTP client: one request to one server, over a connection from the core's pool. Forwarding, health checks and
// every call to an API use it. Runs on the calling core.

#include "base/result.h"
#include "engine/tls/secure_stream.h"
#include "protocol/client/pool.h"
#include "protocol/http/exchange.h"

namespace tandem::client {

/// Receives interim (1xx) responses on their way; null when nobody wants them.
using InterimLink = http::ClientLink*;

/// Sends `request` and returns the head of the response with its body still to be pulled. The request's content is sent
/// beside reading the response, so an answer may come before the content has ended. `request.headers` are written as
/// they stand; Host and framing are added from `request.host` and the body. Memory comes from `exchange.arena`. Errors
/// are those of side kUpstream, or kClient when the request's content failed.
class Client {
 public:
  Client(const Transport& transport, const Target& target, Pool& pool)
      : transport_(transport), target_(target), pool_(pool) {}
  loop::Task<base::Result<http::Response>> send(http::Request& request, http::Exchange& exchange, InterimLink interim);

 private:
  struct Attempt;
  loop::Task<base::Result<std::unique_ptr<net::Stream>>> dial();
  loop::Task<base::Result<http::Response>> send_http1(http::Request& request, http::Exchange& exchange,
                                                      InterimLink interim);
  /// Over HTTP/2: a stream of a connection that others use as well.
  loop::Task<base::Result<http::Response>> send_http2(http::Request& request, http::Exchange& exchange,
                                                      InterimLink interim);
  /// When none is usable: one that this request dials, or another one at the moment.
  loop::Task<base::Result<http2::ClientSession*>> new_http2_session();
  /// Over TLS: the server says whether it speaks HTTP/2.
  loop::Task<base::Result<http::Response>> send_https(http::Request& request, http::Exchange& exchange,
                                                      InterimLink interim);
  loop::Task<base::Result<std::unique_ptr<tls::SecureStream>>> dial_tls(bool offer_http2);
  std::unique_ptr<tls::SecureStream> take_protocol(std::unique_ptr<tls::SecureStream> stream);
  loop::Task<base::Result<http::Response>> attempt(std::unique_ptr<UpstreamConnection> connection,
                                                   http::Request& request, http::Exchange& exchange,
                                                   InterimLink interim);

  static http::Response finish(std::unique_ptr<Attempt> under_way, http1::ResponseHead head);

  const Transport& transport_;
  const Target& target_;
  Pool& pool_;
};

}  // namespace tandem::client
