#pragma once

// Requests on a connection whose TLS options are not those of the router's host (Traefik: 421): a client that reached
// one host must not reach another through it that asks for more, a certificate for one. Control thread.

#include <string>

#include "protocol/http/handler.h"

namespace tandem::handshake {

/// A handler that lets requests on connections with these options through to `next`, and answers others with 421.
http::HandlerPtr guard_misdirected(std::string options, http::HandlerPtr next);

}  // namespace tandem::handshake
