#pragma once

// Commands of the configuration as child processes: who they run as, whether that is safe, how they end. Belongs to the
// supervisor's loop; no SIGCHLD handler is needed and nobody else's children are touched.

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/loop/loop.h"
#include "engine/loop/task.h"

namespace tandem::hooks {

/// A user as the kernel knows it.
struct RunAs {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

/// "USER" or "USER:GROUP"; empty: the user keepalived_script where there is one, else whoever runs the program. Errors:
/// nobody of that name, or a user that only root may become.
base::Result<RunAs> run_as(std::string_view user);

/// Why `path` must not be run as root: a part of it belongs to somebody else or may be written by others (folders such
/// as /tmp, where only owners may remove, pass). Nothing when it is safe. Symbolic links are looked at on both sides.
std::optional<std::string> unsafe_for_root(const std::string& path);

/// How commands of the configuration run (ha.scriptUser, ha.scriptSecurity).
struct CommandRules {
  std::string user;      ///< for commands without one of their own
  bool security = true;  ///< refuse what unsafe_for_root() names
};

struct ChildCommand {
  std::vector<std::string> words;  ///< absolute path and arguments
  RunAs as;
  bool security = true;
  loop::Nanoseconds timeout{0};  ///< 0: none
};

/// Errors: words that cannot be split, a path that cannot be run, users and paths as above.
base::Result<ChildCommand> make_command(std::string_view text, const std::string& user, const CommandRules& rules);

struct CommandEnd {
  bool good = false;  ///< exit status 0
  std::string text;   ///< "exit status 1", "signal 9 (Killed)", "took longer than 3000 ms", "cannot be started: …"
};

/// Starts the command in a process group of its own and waits for its end. At the time limit the group gets SIGTERM,
/// two seconds later SIGKILL. A destroyed task kills the group at once. Standard output and error go nowhere.
loop::Task<CommandEnd> run_command(ChildCommand command);

}  // namespace tandem::hooks
