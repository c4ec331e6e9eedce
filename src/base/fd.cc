#include "base/fd.h"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace tandem::base {

Result<std::optional<Fd>> take_inherited_descriptor(const char* name) {
  const char* const variable = std::getenv(name);
  if (variable == nullptr) return std::optional<Fd>();
  const std::string_view text(variable);
  int number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  if (number < 0 || ::fcntl(number, F_SETFD, FD_CLOEXEC) != 0) {
    return Error(ErrorKind::kInvalid, fmt::format("{}={} names no descriptor", name, text));
  }
  ::unsetenv(name);
  return std::optional(Fd(number));
}

Result<Fd> watch_child(pid_t pid) {
  Fd watch(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!watch) return Error::from_errno(errno, "watching a child process");
  return watch;
}

}  // namespace tandem::base
