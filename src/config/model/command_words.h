#pragma once

// Splits a command as configurations write it into the program's path and its arguments. Any thread; no state.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tandem::model {

/// Words apart by spaces; '…' and "…" keep them together, a backslash takes the next character as it is (inside "…"
/// only before " and \). Nothing else of a shell is meant: no variables, no pipes. Errors: an open quote, no word.
base::Result<std::vector<std::string>> command_words(std::string_view text);

}  // namespace tandem::model
