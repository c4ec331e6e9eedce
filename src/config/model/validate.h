#pragma once

// What is wrong with a static configuration although every key of it is known. Any thread; no state.

#include "config/format/decode.h"
#include "config/format/value.h"
#include "config/model/static_configuration.h"

namespace tandem::model {

/// Everything that makes the start impossible, with Traefik's own texts where it has one. Expects the effective
/// configuration (effective.h). The positions are empty; the paths say where.
format::Problems validate(const StaticConfiguration& configuration);

/// Options of older versions, looked for in the tree because no struct holds them any more.
struct DeprecatedOptions {
  format::Problems
      fatal;  ///< Gone: the start is refused ("incompatible deprecated install configuration option found").
  format::Problems warnings;  ///< Still read, but to be replaced.
};
DeprecatedOptions deprecated_options(const format::Value& root);

}  // namespace tandem::model
