#pragma once

// HandlerSource: what a server session asks of the entry point it belongs to, and ServedConnection what that asks of
// the session; the same for HTTP/1, 2 and 3. Belongs to one worker, which outlives its sessions.

#include <memory>

#include "protocol/http/handler.h"
#include "protocol/http/observed.h"

namespace tandem::http {

/// Gives the handler of the moment: a new configuration changes it between two requests of a connection.
class HandlerSource {
 public:
  virtual ~HandlerSource() = default;
  /// What is returned stays alive as long as the caller holds it.
  virtual std::shared_ptr<const Handler> current() const = 0;
  /// The server stops: connections close after the requests they serve.
  virtual bool draining() const = 0;
  /// A request that a handler got has ended, tunnels and cut connections included; called once for each. What the
  /// session answered itself (malformed heads, OPTIONS *) is not told, as in Traefik.
  virtual void ended(const Exchange& exchange, const Outcome& outcome) const = 0;
};

/// A connection that is served, as its entry point sees it.
class ServedConnection {
 public:
  virtual ~ServedConnection() = default;
  /// The server stops: what waits for requests ends now, what serves some ends after them.
  virtual void drain() = 0;
};

}  // namespace tandem::http
