#pragma once

// Users of the authenticating middlewares: those of a file (as htpasswd writes it) and those of the configuration. Used
// while a snapshot is built. Any thread; no state.

#include <string>
#include <vector>

#include "base/result.h"
#include "config/format/described.h"

namespace tandem::middleware {

/// The entries of the file (trimmed; empty lines and comments left out), then those of the list. An empty path means no
/// file. Errors as Go words them: "open users.txt: no such file or directory".
base::Result<std::vector<std::string>> user_entries(const std::string& file, const std::vector<format::Secret>& list);

}  // namespace tandem::middleware
