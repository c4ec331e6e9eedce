#pragma once

// `tandem healthcheck`: asks the running program's ping (Traefik: healthcheck command). Main thread; blocks five
// seconds at most.

#include <string>

#include "config/model/static_configuration.h"

namespace tandem::command {

struct HealthcheckResult {
  bool healthy = false;
  std::string text;  ///< a line for standard output
};

/// HEAD /ping at the address of the ping entry point, as the configuration writes it (":8080" is this machine).
HealthcheckResult healthcheck(const model::StaticConfiguration& configuration);

}  // namespace tandem::command
