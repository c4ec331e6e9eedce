#pragma once

// SeenSite: the configuration that a command looks at: that of files, built as the program would build it, or that of a
// running instance, as its API tells it. Main thread.

#include <memory>
#include <string>
#include <string_view>

#include "app/command_arguments.h"
#include "base/result.h"
#include "config/format/value.h"
#include "config/model/static_configuration.h"
#include "proxy/routing/snapshot.h"

namespace tandem::app {

struct SeenSite {
  std::string origin;  ///< "file tandem.yml", "http://127.0.0.1:8080"
  bool running = false;
  std::shared_ptr<const model::StaticConfiguration> configuration;  ///< of a running instance: its entry points
  /// Finds routers. Of a running instance: its routers with their rules, without middlewares and services.
  std::shared_ptr<const routing::Snapshot> snapshot;
  format::Value objects;  ///< what /api/rawdata says
};

/// What `arguments` name: --api, else the static configuration of --configFile, flags, environment. Errors are told in
/// one sentence; wrong objects of the dynamic configuration are no error here.
base::Result<SeenSite> see_site(const CommandArguments& arguments);

/// The instance at `url`.
base::Result<SeenSite> see_running(const std::string& url);

// Looking into objects. Null when there is nothing of that name.
const format::Value* object_named(const format::Value& objects, std::string_view section, std::string_view name);
/// The text of a member; empty when it is none.
std::string text_at(const format::Value& object, std::string_view name);
std::vector<std::string> texts_at(const format::Value& object, std::string_view name);

}  // namespace tandem::app
