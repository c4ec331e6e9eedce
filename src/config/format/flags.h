#pragma once

// Command-line options to Value, by Traefik's rules: --a.b=c and -a.b=c are the same, booleans and sections without
// "=value" mean true and never take the next word, other options do; a list grows by repetition; "--" or the first word
// that is no flag ends them. Any thread; no state.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/format/schema.h"
#include "config/format/value.h"

namespace tandem::format {

struct Flags {
  Value tree;                     ///< source of every value: "flag --name"
  std::vector<std::string> rest;  ///< words after the flags (Traefik ignores them)
};

/// `arguments` without the program's name and command. Errors: "flag needs an argument: -name", "bad flag syntax: …".
/// Unknown names are not errors here; decode() reports them.
base::Result<Flags> parse_flags(std::span<const std::string> arguments, const Schema& schema);

}  // namespace tandem::format
