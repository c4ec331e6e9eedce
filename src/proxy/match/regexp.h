#pragma once

// Regular expressions as Traefik's users write them (Go's syntax is RE2's), with Go's error texts. Compiled ones are
// immutable and shared by all cores.

#include <re2/re2.h>

#include <memory>
#include <string_view>

#include "base/result.h"

namespace tandem::match {

using Regexp = std::shared_ptr<const re2::RE2>;

/// Error: "error parsing regexp: missing closing ): `(a`".
base::Result<Regexp> compile_regexp(std::string_view expression);

}  // namespace tandem::match
