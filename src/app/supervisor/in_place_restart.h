#pragma once

// A supervisor that starts anew in its own process (execve): another program file, another static configuration, but
// the same process, listening sockets and virtual addresses, and the same proxy until the next one serves. What one
// program leaves to the other are descriptors that stay open, and numbers in a memory file that an environment variable
// names. Main thread.

#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "control/ha/pair.h"
#include "proxy/entry/server.h"

namespace tandem::supervisor {

/// Name of the environment variable that holds the number of the memory file's descriptor.
inline constexpr const char* kRestartVariable = "RESTARTED_BY_TANDEM";

/// A proxy that runs on while its supervisor changes.
struct LeftProxy {
  int pid = -1;
  base::Fd channel;
  base::Fd page;  ///< of its health
};

/// What a supervisor starts with: opened at the first start, left by the one before it at each other.
struct Inheritance {
  entry::ListeningSockets sockets;  ///< of the configuration that comes
  std::size_t workers = 1;
  std::string health_path;             ///< of the supervisor's request
  std::optional<LeftProxy> proxy;      ///< the one that serves
  std::vector<LeftProxy> draining;     ///< those that were told to end
  std::optional<ha::Pair::Left> pair;  ///< nothing at the first start
};

/// Nothing when this program did not replace another one. Errors: it was told something that it does not understand.
base::Result<std::optional<Inheritance>> take_inheritance();

/// Where this program's file is, or the file that has taken its place since it was started.
base::Result<std::string> program_file();

/// Becomes the program in `file`. Returns only when that cannot be.
base::Error start_anew(const std::string& file, const std::vector<std::string>& arguments, const Inheritance& left);

}  // namespace tandem::supervisor
