#pragma once

// DryRun: both configurations loaded and built as the program would, without serving anything: what `tandem check`,
// `diff`, `show` and `route` look at. Main thread, before any other thread runs.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/router_errors.h"
#include "config/format/decode.h"
#include "config/model/dynamic_configuration.h"
#include "config/model/static_configuration.h"
#include "control/provider/provider.h"
#include "proxy/routing/snapshot.h"

namespace tandem::inspect {

struct DryRun {
  std::shared_ptr<const model::StaticConfiguration> configuration;
  std::shared_ptr<const model::DynamicConfiguration> dynamic;  ///< merged, names qualified, models applied
  std::shared_ptr<const routing::Snapshot> snapshot;
  format::Problems errors;  ///< of the dynamic configuration, its merging and its objects
  format::Problems warnings;
  std::vector<std::string> not_built;  ///< options of the dynamic configuration that have no effect yet
};

/// Where what the providers delivered stands; known while they live.
struct Places {
  app::Locate object;  ///< without a provider: of any
  std::function<provider::Place(const model::StoredCertificate&)> certificate;
};
using Inspect = std::function<void(const DryRun& run, const Places& places)>;

/// Looks once at every provider that needs no network. Of a file with wrong options everything else is taken, so that
/// all errors are told at once. `configuration` is effective (load_static). `inspect` is called at the end.
DryRun dry_run(const model::StaticConfiguration& configuration, const Inspect& inspect = {});

/// Builds a merged configuration of any origin; services of the program itself answer nothing.
std::shared_ptr<const routing::Snapshot> build_unserved(
    const std::shared_ptr<const model::StaticConfiguration>& configuration,
    std::shared_ptr<const model::DynamicConfiguration> dynamic);

}  // namespace tandem::inspect
