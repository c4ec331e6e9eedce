#pragma once

// NoServer: the handler of a service that has nobody to send a request to: 503 "no available server". Immutable,
// shared by all cores.

#include "protocol/http/handler.h"

namespace tandem::service {

class NoServer : public http::Handler {
 public:
  loop::Task<http::Response> handle(http::Request, http::Exchange& exchange) const override {
    return http::ready(http::error_response(503, "no available server", exchange.arena));
  }
};

}  // namespace tandem::service
