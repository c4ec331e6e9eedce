#pragma once

// One file of dynamic configuration: its text becomes a DynamicConfiguration. Any thread; no state.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "config/format/decode.h"
#include "config/model/dynamic_configuration.h"

namespace tandem::provider {

/// True for names the file provider reads in a folder: .yml .yaml .toml in any case (Traefik: providers.file).
bool is_dynamic_file(std::string_view path);
/// The same, and .json, which is read when it is named.
bool is_nameable_file(std::string_view path);

/// What a file holds, and where its objects stand.
struct DynamicFile {
  model::DynamicConfiguration configuration;
  std::map<std::string, format::Position, std::less<>> positions;  ///< "http.routers.web" to the value of that key
};

/// Reads the format that the extension of `path` says. Anything wrong makes the whole file bad: nothing is returned and
/// `problems` say why. Template actions ({{ … }}) are such a problem: they are not built.
std::optional<DynamicFile> parse_dynamic_file(const std::string& path, std::string_view text,
                                              format::Problems& problems, format::Problems& warnings);

/// The same for whoever only looks (`tandem check`): returns what is good of a file with wrong options. Nothing when the
/// text cannot be read at all.
std::optional<DynamicFile> parse_what_decodes(const std::string& path, std::string_view text,
                                              format::Problems& problems, format::Problems& warnings);

/// An error "source:line:column: reason" of the parsers, taken apart.
format::Problem problem_of(const base::Error& error, const std::string& source);

}  // namespace tandem::provider
