#pragma once

// One file of dynamic configuration: its text becomes a DynamicConfiguration. Any thread; no state.

#include <optional>
#include <string>
#include <string_view>

#include "config/format/decode.h"
#include "config/model/dynamic_configuration.h"
#include "control/provider/object_positions.h"

namespace tandem::provider {

/// True for names the file provider reads in a folder: .yml .yaml .toml in any case (Traefik: providers.file).
bool is_dynamic_file(std::string_view path);
/// True for .yml and .yaml, and for names without a known extension, which are read as YAML.
bool is_yaml(std::string_view path);
/// The same as is_dynamic_file(), and .json, which is read when it is named.
bool is_nameable_file(std::string_view path);

/// What a file holds, and where its objects stand.
struct DynamicFile {
  model::DynamicConfiguration configuration;
  ObjectPositions positions;  ///< of the values of their keys
};

/// Reads the format that the extension of `path` says. Anything wrong makes the whole file bad: nothing is returned and
/// `problems` say why. A text with template actions ({{ … }}) is rendered first; positions are lines of the template
/// then.
std::optional<DynamicFile> parse_dynamic_file(const std::string& path, std::string_view text,
                                              format::Problems& problems, format::Problems& warnings);

/// The same for whoever only looks (`tandem check`): returns what is good of a file with wrong options. Nothing when
/// the text cannot be read at all.
std::optional<DynamicFile> parse_what_decodes(const std::string& path, std::string_view text,
                                              format::Problems& problems, format::Problems& warnings);

/// Where a certificate stands first in a file.
Place place_of(const model::StoredCertificate& certificate, const DynamicFile& file);

/// For debugLogGeneratedTemplate: a template and what it yields, at level DEBUG.
void log_rendered(const std::string& path, std::string_view text);

/// An error "source:line:column: reason" of the parsers, taken apart.
format::Problem problem_of(const base::Error& error, const std::string& source);

}  // namespace tandem::provider
