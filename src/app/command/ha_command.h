#pragma once

// tandem ha: looks at the pair and tells the supervisor of this machine what to do. Main thread, in a command.

#include <string>
#include <vector>

namespace tandem::command {

/// `arguments` behind "ha". Returns the exit code: 0; 1 when the answer is no (a node without addresses for `status
/// --check`, a command that was refused); 2 for errors.
int run_ha(const std::vector<std::string>& arguments);

}  // namespace tandem::command
