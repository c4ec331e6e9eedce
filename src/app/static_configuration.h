#pragma once

// Loads the static configuration from the one source that counts: a file, else flags, else the environment (Traefik
// never merges them). Called once at the start, on the main thread, before any other thread runs.

#include <optional>
#include <string>
#include <vector>

#include "config/format/decode.h"
#include "config/model/static_configuration.h"

namespace tandem::app {

/// A configuration file that was read already.
struct StaticFile {
  std::string path;
  std::string text;
};

/// Everything that may hold a static configuration.
struct StaticSources {
  std::vector<std::string> arguments;      ///< behind the program's name and the command
  std::vector<std::string> environment;    ///< "NAME=value"
  std::string system_folder = "/etc";      ///< where tandem/tandem.* and traefik/traefik.* are looked for
  std::string working_folder = ".";        ///< where tandem.* and traefik.* are looked for
  std::optional<StaticFile> file;          ///< read by the supervisor; no other is looked for
  bool configuration_file_is_flag = true;  ///< --configFile may name a missing file (all commands but healthcheck)
};

/// These flags and the environment of this process.
StaticSources sources_of(std::vector<std::string> arguments);

struct StaticLoad {
  model::StaticConfiguration configuration;  ///< effective (model::effective); meaningless when there are problems
  std::optional<StaticFile> file;            ///< what was read, when it was a file
  format::Value tree;                        ///< what was decoded, for position_at()
  std::string origin;                        ///< "file PATH", "flags", "environment variables" or "defaults"
  format::Problems problems;                 ///< all that is wrong; with any of them the program must not start
  format::Problems warnings;                 ///< deprecated options, sections nobody knows
  std::vector<std::string> not_built;        ///< key paths of options that are set but have no effect yet
  bool malformed_flags = false;              ///< the help is shown as well
};

StaticLoad load_static(const StaticSources& sources);

/// Files that are looked for, in order, when none is named.
std::vector<std::string> default_files(const StaticSources& sources);

/// The position of the deepest value on `path` ("entryPoints.web.http.tls.domains[0].main") in a tree.
format::Position position_at(const format::Value& root, std::string_view path);

}  // namespace tandem::app
