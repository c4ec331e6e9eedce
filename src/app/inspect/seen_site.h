#pragma once

// SeenSite: the configuration that a command looks at: that of files, built as the program would build it, or that of a
// running instance, as its API tells it. Main thread.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/format/value.h"
#include "config/model/static_configuration.h"
#include "proxy/routing/snapshot.h"

namespace tandem::inspect {

struct SeenSite {
  std::string origin;  ///< "file tandem.yml", "http://127.0.0.1:8080"
  bool running = false;
  std::shared_ptr<const model::StaticConfiguration> configuration;  ///< of a running instance: its entry points
  /// Finds routers. Of a running instance: its routers with their rules, without middlewares and services.
  std::shared_ptr<const routing::Snapshot> snapshot;
  format::Value objects;  ///< what /api/rawdata says
};

/// What a command's options name: `api_option` (--api) an instance, with an empty URL the one whose API the static
/// configuration places; without it the static configuration of `static_flags` (--configFile, flags) or the
/// environment. Errors are told in one sentence; wrong objects of the dynamic configuration are no error here.
base::Result<SeenSite> see_site(const std::optional<std::string>& api_option,
                                const std::vector<std::string>& static_flags);

/// The instance at `url`.
base::Result<SeenSite> see_running(const std::string& url);

// Looking into objects. Null when there is nothing of that name.
const format::Value* object_named(const format::Value& objects, std::string_view section, std::string_view name);
/// The text of a member; empty when it is none.
std::string text_at(const format::Value& object, std::string_view name);
std::vector<std::string> texts_at(const format::Value& object, std::string_view name);

}  // namespace tandem::inspect
