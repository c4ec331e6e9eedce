#pragma once

// CommandArguments: the words behind a command that looks at a configuration (show, route, diff), sorted: options of
// the command, options of the static configuration, and the rest. Main thread; plain values.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tandem::command {

struct CommandArguments {
  std::vector<std::string> words;         ///< neither option nor value of one
  std::vector<std::string> static_flags;  ///< --configFile and the options of the static configuration
  bool json = false;                      ///< --json
  bool all = false;                       ///< --all
  std::optional<std::string> api;         ///< --api[=URL]; empty: the URL that the static configuration says
  std::string entry_point;                ///< --entry-point NAME
  std::string from;                       ///< --from ADDRESS
  std::vector<std::string> headers;       ///< -H 'Name: value'
};

/// Options may stand before and behind words and take their value behind '=' or as the next word; those of the static
/// configuration behind '=' only, except --configFile. The error is a sentence for people.
base::Result<CommandArguments> parse_command_arguments(const std::vector<std::string>& arguments);

/// Says on standard error why a command cannot do what it should; its exit code, 2.
int command_failed(std::string_view sentence);

}  // namespace tandem::command
