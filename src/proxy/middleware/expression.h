#pragma once

// Regular expressions as configurations write them (Go's syntax, which RE2 shares), with Go's words for what is wrong
// and Go's rules for replacements. Any thread; immutable.

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tandem::middleware {

/// Compiles `text`. Errors read as Go's: "error parsing regexp: missing closing ): `(`".
base::Result<std::unique_ptr<re2::RE2>> compile_expression(std::string_view text);

}  // namespace tandem::middleware
