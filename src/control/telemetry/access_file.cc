#include "control/telemetry/access_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <filesystem>

namespace tandem::telemetry {

base::Result<void> AccessFile::open() {
  close();
  if (path_.empty()) {
    struct stat status{};
    shared_pipe_ = ::fstat(STDOUT_FILENO, &status) == 0 && !S_ISREG(status.st_mode);
    fd_ = STDOUT_FILENO;
    return {};
  }
  std::error_code ignored;  // opening says what is wrong
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  constexpr int kFlags = O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  constexpr mode_t kMode = 0664;
  // Reading, too: a FIFO can be opened then before its reader comes.
  fd_ = ::open(path_.c_str(), O_RDWR | kFlags, kMode);
  if (fd_ == -1 && errno == EACCES) fd_ = ::open(path_.c_str(), O_WRONLY | kFlags, kMode);
  if (fd_ == -1) return base::Error::from_errno(errno, path_);
  return {};
}

void AccessFile::close() {
  if (fd_ > STDERR_FILENO) ::close(fd_);
  fd_ = -1;
}

base::Result<std::size_t> AccessFile::write(std::string_view text) {
  if (shared_pipe_) {
    // A pipe that is ready takes this much without blocking. Whole lines, where they fit: others write between.
    pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, 0) != 1) return std::size_t{0};
    if (text.size() > PIPE_BUF) {
      const std::size_t line = text.rfind('\n', PIPE_BUF - 1);
      text = text.substr(0, line == std::string_view::npos ? PIPE_BUF : line + 1);
    }
  }
  const ssize_t written = ::write(fd_, text.data(), text.size());
  if (written >= 0) return static_cast<std::size_t>(written);
  if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
  return base::Error::from_errno(errno, path_.empty() ? "standard output" : path_);
}

}  // namespace tandem::telemetry
