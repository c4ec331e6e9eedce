// Client: requests over HTTP/2.

#include "protocol/client/client.h"

namespace tandem::client {

loop::Task<base::Result<http2::ClientSession*>> Client::new_http2_session() {
  Sessions& sessions = pool_.sessions();
  for (;;) {
    base::Result<bool> mine = co_await sessions.may_dial();
    if (!mine) co_return std::move(mine.error());
    if (!*mine) {  // another request has dialled
      if (http2::ClientSession* const session = sessions.usable(); session != nullptr) co_return session;
      continue;
    }
    Sessions::Dialling dialling(sessions);
    base::Result<std::unique_ptr<net::Stream>> stream = co_await dial();
    if (!stream) {
      dialling.error = stream.error();
      co_return std::move(stream.error());
    }
    co_return &sessions.adopt(std::move(*stream));
  }
}

loop::Task<base::Result<http::Response>> Client::send_http2(http::Request& request, http::Exchange& exchange,
                                                            InterimLink interim) {
  // A server that ends its connections, or refuses streams, may meet the same request again: it has not seen it.
  constexpr int kAttempts = 3;
  for (int i = 1;; ++i) {
    http2::ClientSession* session = pool_.sessions().usable();
    if (session == nullptr) {
      base::Result<http2::ClientSession*> found = co_await new_http2_session();
      if (!found) co_return std::move(found.error());
      session = *found;
    }
    const std::string_view scheme = target_.scheme == "https" ? "https" : "http";
    base::Result<http::Response> response = co_await session->send(request, exchange, interim, scheme);
    if (response || !response.error().retryable() || i == kAttempts) co_return response;
  }
}

}  // namespace tandem::client
