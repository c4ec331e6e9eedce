#pragma once

// The part of validate_ha.h that looks at what a node watches and whom it tells. Any thread; no state.

#include <string>

#include "config/format/decode.h"
#include "config/model/high_availability.h"

namespace tandem::model {

struct NamedInstance {
  std::string path;  ///< "ha" or "ha.instances.NAME"
  std::string name;
  const VrrpInstance& settings;
};

/// Weights that concern one instance: an owner's, and those that can never change who is master.
void check_tracking(const HighAvailability& ha, const NamedInstance& instance, format::Problems& problems);

/// Everything that is said once for the node: health, scripts, files, notifications, peer link, limits.
void check_node(const HighAvailability& ha, format::Problems& problems);

}  // namespace tandem::model
