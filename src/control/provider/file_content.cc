#include "control/provider/file_content.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <functional>
#include <string_view>
#include <utility>

namespace tandem::provider {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
/// Coarser than the time stamps of any file system in use.
constexpr std::int64_t kGrain = 2 * kSecond;
constexpr off_t kLargest = off_t{64} << 20;

std::int64_t nanoseconds_of(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }

class OpenFile {
 public:
  // Non-blocking, so that a FIFO by that name cannot hold the control thread.
  explicit OpenFile(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

FileContent::Look FileContent::fail(std::string problem) {
  problem_ = std::move(problem);
  believed_ = {};
  candidate_ = {};
  hash_ = 0;
  return Look::kUnreadable;
}

base::Result<std::string> FileContent::read(int fd, off_t size) {
  std::string text(static_cast<std::size_t>(size), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t count = ::read(fd, text.data() + filled, text.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return base::Error::from_errno(errno, "read");
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  text.resize(filled);
  return text;
}

FileContent::Look FileContent::look(const std::string& path, Trust trust, std::string& text) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return fail(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return fail("not a regular file");
  if (status.st_size > kLargest) return fail("larger than 64 MiB");
  const Stamp stamp{status.st_dev, status.st_ino, status.st_size, nanoseconds_of(status.st_mtim),
                    nanoseconds_of(status.st_ctim)};
  if (stamp == believed_ && !fresh_) return Look::kSame;
  if (stamp != believed_ && (trust == Trust::kIfSettled || (trust == Trust::kNotIfEmpty && stamp.size == 0)) &&
      std::exchange(candidate_, stamp) != stamp) {
    return Look::kUnsettled;
  }

  const OpenFile file(path);
  if (file.fd() < 0) return fail(std::strerror(errno));
  auto content = read(file.fd(), stamp.size);
  if (!content) return fail(content.error().text());

  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  fresh_ = nanoseconds_of(now) - stamp.modified < kGrain;
  const bool first = believed_ == Stamp{};
  believed_ = stamp;
  const std::uint64_t hash = std::hash<std::string_view>{}(*content);
  if (!first && hash == hash_) return Look::kSame;
  hash_ = hash;
  text = std::move(*content);
  return Look::kNew;
}

}  // namespace tandem::provider
