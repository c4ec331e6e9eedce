#pragma once

// Values of the literals of a rule. Pure functions: any thread.

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/rule/token.h"

namespace tandem::rule {

using base::Result;

/// What a string literal stands for: without its quotes, and for double quotes with its escapes resolved. `literal`
/// must have been scanned without an error.
[[nodiscard]] std::string unquoted(std::string_view literal);

/// Whether a literal that is no string has a value at all; the error says why not.
Result<void> check_number(TokenKind kind, std::string_view literal);

}  // namespace tandem::rule
