#pragma once

// The handlers of the services of the provider `internal` that are switched on: api, dashboard, ping. Any thread; the
// handlers read the state that the control thread publishes.

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "app/configuration_state.h"
#include "app/supervised.h"
#include "config/model/static_configuration.h"
#include "protocol/http/handler.h"

namespace tandem::app {

using InternalServices = std::map<std::string, http::HandlerPtr, std::less<>>;

/// What the handlers look at; outlives them.
struct InternalServicesInput {
  std::shared_ptr<const model::StaticConfiguration> static_configuration;
  const ConfigurationState& state;
  const std::atomic<bool>& stopping;  ///< the program was told to stop: ping says so
  http::HandlerPtr metrics_page{};    ///< null: off
  const PairStatus* pair = nullptr;   ///< null: this is none of a pair
};

/// By name without "@internal".
InternalServices internal_services(const InternalServicesInput& input);

}  // namespace tandem::app
