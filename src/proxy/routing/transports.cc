#include "proxy/routing/transports.h"

#include <utility>

namespace tandem::routing {
namespace {

client::TransportOptions default_options(const model::StaticServersTransport& from) {
  return {.name = std::string(kDefaultTransport),
          .dial_timeout = from.forwardingTimeouts.dialTimeout.value,
          .response_header_timeout = from.forwardingTimeouts.responseHeaderTimeout.value,
          .idle_connection_timeout = from.forwardingTimeouts.idleConnTimeout.value,
          .max_idle_connections_per_host = from.maxIdleConnsPerHost};
}

client::TransportOptions named_options(const std::string& name, const model::HttpServersTransport& from) {
  return {.name = name,
          .dial_timeout = from.forwardingTimeouts.dialTimeout.value,
          .response_header_timeout = from.forwardingTimeouts.responseHeaderTimeout.value,
          .idle_connection_timeout = from.forwardingTimeouts.idleConnTimeout.value,
          .max_idle_connections_per_host = from.maxIdleConnsPerHost,
          .ping_after = from.forwardingTimeouts.readIdleTimeout.value,
          .ping_timeout = from.forwardingTimeouts.pingTimeout.value,
          .disable_http2 = from.disableHTTP2};
}

}  // namespace

Transports build_transports(const model::StaticConfiguration& static_configuration,
                            const model::DynamicConfiguration& dynamic, const Transports& previous,
                            ChangedNames& changed) {
  Transports result;
  const auto add = [&](client::TransportOptions options) {
    const auto before = previous.find(options.name);
    const bool same = before != previous.end() && before->second->options() == options;
    if (!same) changed.insert(options.name);
    std::string name = options.name;
    result.insert_or_assign(std::move(name),
                            same ? before->second : std::make_shared<const client::Transport>(std::move(options)));
  };
  if (!dynamic.http.serversTransports.contains(std::string(kDefaultTransport))) {
    add(default_options(static_configuration.serversTransport));
  }
  for (const auto& [name, transport] : dynamic.http.serversTransports) add(named_options(name, transport));
  for (const auto& [name, transport] : previous) {
    if (!result.contains(name)) changed.insert(name);
  }
  return result;
}

}  // namespace tandem::routing
