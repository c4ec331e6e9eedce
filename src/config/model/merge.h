#pragma once

// Bringing deliveries together: the files of one provider, then all providers. Any thread; no state.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/format/decode.h"
#include "config/model/dynamic_configuration.h"

namespace tandem::model {

/// Something a merge left out, said so that a person finds it. `path` is the object ("http.routers.web"), `message` the
/// reason; `source` of the position names the file or the providers.
using MergeNote = format::Problem;

/// Adds the objects of `file` to `into`. A name that is already there keeps its first definition, and the note
/// "HTTP router already configured, skipping" is returned; `origin` (a file path) goes into the note.
std::vector<MergeNote> add_file(DynamicConfiguration& into, DynamicConfiguration file, std::string_view origin);

/// One provider's last delivery.
struct ProviderConfiguration {
  std::string provider;                ///< "file", "docker", "internal"…
  DynamicConfiguration configuration;  ///< Names as the provider delivers them, unqualified.
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

/// Merges the providers. Routers without entry points get `default_entry_points` (children of other routers get none);
/// parentRefs are qualified, every other reference is left as it is. TLS options and stores named `default` keep their
/// name and are dropped when two providers define them; without any, the built-in default options are added.
Merged merge(std::span<const ProviderConfiguration> providers, std::span<const std::string> default_entry_points);

}  // namespace tandem::model
