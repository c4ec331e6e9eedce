#pragma once

// Files that a dynamic configuration names (certificates, keys, authorities, users): a change of their content is a
// change of the configuration. Any thread; no state.

#include <set>
#include <string>

#include "config/model/dynamic_configuration.h"

namespace tandem::provider {

/// The paths of all such options, as written. PEM text that stands in place of a path is left out.
std::set<std::string> named_files(const model::DynamicConfiguration& configuration);

/// Those that something else than tls.certificates and tls.stores names.
std::set<std::string> named_files_beside_certificates(const model::DynamicConfiguration& configuration);

}  // namespace tandem::provider
