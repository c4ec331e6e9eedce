#pragma once

// Bringing deliveries together: the files of one provider, then all providers. One thread at a time.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/format/decode.h"
#include "config/model/dynamic_configuration.h"

namespace tandem::model {

/// Something a merge left out, said so that a person finds it. `path` is the object ("http.routers.web"), `message` the
/// reason; `source` of the position names the file or the providers.
using MergeNote = format::Problem;

/// Adds the objects of `file` to `into`. A name that is already there keeps its first definition, and the note
/// "HTTP router already configured, skipping" is returned; `origin` (a file path) goes into the note.
std::vector<MergeNote> add_file(DynamicConfiguration& into, const DynamicConfiguration& file, std::string_view origin);

/// One provider's last delivery.
struct ProviderConfiguration {
  std::string provider;                                       ///< "file", "docker", "internal"…
  std::shared_ptr<const DynamicConfiguration> configuration;  ///< Names as the provider delivers them; never null.
};

/// True for a delivery that Traefik ignores: no HTTP router, service or middleware, no TCP one, no UDP router or
/// service and nothing under tls; servers transports alone do not count. A file provider whose files were emptied means
/// it, and must not ask.
bool is_empty(const DynamicConfiguration& configuration);

struct Merged {
  DynamicConfiguration configuration;  ///< Every object is named `name@provider`.
  std::vector<MergeNote> notes;        ///< `default` TLS options or stores that several providers define.
};

/// `name@provider`.
std::string qualified(std::string_view name, std::string_view provider);

/// Merges providers, again at each delivery: what did not change since the last time is the same object as then
/// (SharedMap), so that whoever builds from it sees what changed.
class Merger {
 public:
  explicit Merger(std::vector<std::string> default_entry_points)
      : default_entry_points_(std::move(default_entry_points)) {}

  /// Routers without entry points get the default ones (children of other routers get none); parentRefs are qualified,
  /// every other reference is left as it is. TLS options and stores named `default` keep their name and are dropped
  /// when two providers define them; without any, the built-in default options are added.
  Merged merge(std::vector<ProviderConfiguration> providers);

 private:
  void update_http(const std::string& provider, const HttpConfiguration& before, const HttpConfiguration& now);
  HttpRouter qualified_router(const HttpRouter& original, const std::string& provider) const;

  std::vector<std::string> default_entry_points_;
  std::vector<ProviderConfiguration> merged_;  // what `http_` was made of
  HttpConfiguration http_;
};

}  // namespace tandem::model
