#pragma once

// Transports: how services connect to their servers, from the static and the dynamic configuration. Built with a
// snapshot; unchanged ones are those of the snapshot before, so that their pools of connections go on. Immutable then.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "config/model/dynamic_configuration.h"
#include "config/model/static_configuration.h"
#include "protocol/client/transport.h"
#include "proxy/routing/changes.h"

namespace tandem::routing {

/// The transport of services that name none, from the static configuration's serversTransport.
inline constexpr std::string_view kDefaultTransport = "default@internal";

using Transports = std::map<std::string, std::shared_ptr<const client::Transport>, std::less<>>;

/// Takes from `previous` what has the same options; names of all others go to `changed`.
Transports build_transports(const model::StaticConfiguration& static_configuration,
                            const model::DynamicConfiguration& dynamic, const Transports& previous,
                            ChangedNames& changed);

}  // namespace tandem::routing
