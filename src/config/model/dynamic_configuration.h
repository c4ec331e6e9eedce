#pragma once

// Root of the dynamic configuration: what providers deliver and snapshots are built from. Any thread; a plain value,
// owned by whoever holds it.

#include <array>

#include "config/format/described.h"
#include "config/format/shared_map.h"
#include "config/model/http_middlewares.h"
#include "config/model/http_router.h"
#include "config/model/http_service.h"
#include "config/model/servers_transport.h"
#include "config/model/tcp_dynamic.h"
#include "config/model/tls_dynamic.h"
#include "config/model/udp_dynamic.h"

namespace tandem::model {

/// The `http` section.
struct HttpConfiguration {
  format::SharedMap<HttpRouter> routers;
  format::SharedMap<HttpService> services;
  format::SharedMap<HttpMiddleware> middlewares;
  format::SharedMap<HttpServersTransport> serversTransports;
  bool operator==(const HttpConfiguration&) const = default;
};
BOOST_DESCRIBE_STRUCT(HttpConfiguration, (), (routers, services, middlewares, serversTransports))

/// One provider's delivery, or, with qualified names, all of them merged.
struct DynamicConfiguration {
  HttpConfiguration http;
  TcpConfiguration tcp;
  UdpConfiguration udp;
  TlsConfiguration tls;
  static constexpr std::array kNotBuilt{"tcp", "udp"};
  bool operator==(const DynamicConfiguration&) const = default;
};
BOOST_DESCRIBE_STRUCT(DynamicConfiguration, (), (http, tcp, udp, tls))

}  // namespace tandem::model
