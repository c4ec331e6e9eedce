#include "control/telemetry/log_file.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace tandem::telemetry {
namespace {

using std::chrono::milliseconds;
using Moment = std::chrono::sys_time<milliseconds>;
namespace fs = std::filesystem;

constexpr std::string_view kCompressed = ".gz";

/// "2006-01-02T15-04-05.000", UTC.
std::string stamp_of(Moment moment) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(moment);
  return fmt::format("{:%Y-%m-%dT%H-%M-%S}.{:03}", fmt::gmtime(seconds.time_since_epoch().count()),
                     (moment - seconds).count());
}

/// A file that was the log once: NAME-STAMP.EXT, with .gz when it is compressed.
struct Backup {
  fs::path path;
  std::string stamp;
  bool compressed;
};

std::optional<Backup> backup_from(const fs::path& candidate, const fs::path& log) {
  std::string name = candidate.filename().string();
  const bool compressed = name.ends_with(kCompressed);
  if (compressed) name.resize(name.size() - kCompressed.size());
  const std::string begin = log.stem().string() + '-';
  const std::string end = log.extension().string();
  const std::size_t stamp_size = stamp_of({}).size();
  if (name.size() != begin.size() + stamp_size + end.size()) return std::nullopt;
  if (!name.starts_with(begin) || !name.ends_with(end)) return std::nullopt;
  return Backup{.path = candidate, .stamp = name.substr(begin.size(), stamp_size), .compressed = compressed};
}

/// The newest first.
std::vector<Backup> backups_of(const fs::path& log) {
  std::vector<Backup> found;
  std::error_code failed;
  const fs::path folder = log.has_parent_path() ? log.parent_path() : fs::path(".");
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    if (auto backup = backup_from(at->path(), log)) found.push_back(std::move(*backup));
  }
  std::ranges::sort(found, std::greater(), &Backup::stamp);
  return found;
}

/// Puts a compressed copy in the file's place; on any failure the file stays as it is.
void compress(const fs::path& path) {
  const fs::path target = path.string() + std::string(kCompressed);
  const fs::path unfinished = target.string() + ".new";
  std::ifstream from(path, std::ios::binary);
  gzFile to = ::gzopen(unfinished.c_str(), "wb");
  if (to == nullptr) return;
  bool good = from.is_open();
  std::array<char, 65536> block;
  while (good && (from.read(block.data(), block.size()) || from.gcount() > 0)) {
    good = ::gzwrite(to, block.data(), static_cast<unsigned>(from.gcount())) == from.gcount();
  }
  good = ::gzclose(to) == Z_OK && good;
  std::error_code failed;
  if (good) fs::rename(unfinished, target, failed);
  fs::remove(good && !failed ? path : unfinished, failed);
}

}  // namespace

base::Result<std::shared_ptr<LogFile>> LogFile::open(LogFileOptions options) {
  std::shared_ptr<LogFile> file(new LogFile(std::move(options)));
  if (!file->open_file()) return base::Error::from_errno(errno, file->options_.path);
  const std::scoped_lock lock(file->mutex_);
  file->tidy();
  return file;
}

LogFile::~LogFile() {
  settle();
  if (fd_ != -1) ::close(fd_);
}

bool LogFile::open_file() {
  const fs::path path(options_.path);
  std::error_code ignored;  // opening says what is wrong
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), ignored);
  constexpr mode_t kMode = 0666;
  const int opened = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kMode);
  if (opened == -1) return false;
  if (fd_ != -1) ::close(fd_);
  fd_ = opened;
  struct stat status{};
  size_ = ::fstat(fd_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  return true;
}

void LogFile::write(std::string_view line) {
  const std::scoped_lock lock(mutex_);
  if (size_ > 0 && size_ + line.size() > options_.max_bytes) rotate();
  const ssize_t written = ::write(fd_, line.data(), line.size());
  if (written > 0) size_ += static_cast<std::uint64_t>(written);
}

void LogFile::reopen() {
  const std::scoped_lock lock(mutex_);
  (void)open_file();  // else the old one is written on
}

void LogFile::rotate() {
  const fs::path path(options_.path);
  // Two in one millisecond have two names, and a name that became free is no newer one.
  last_rotation_ = std::max(std::chrono::floor<milliseconds>(base::wall_now()), last_rotation_);
  fs::path old;
  do {
    last_rotation_ += milliseconds(1);
    old = path.parent_path() / (path.stem().string() + '-' + stamp_of(last_rotation_) + path.extension().string());
  } while (fs::exists(old) || fs::exists(old.string() + std::string(kCompressed)));
  std::error_code failed;
  fs::rename(path, old, failed);
  if (failed || !open_file()) {
    size_ = 0;  // tried again when as much has been written
    return;
  }
  tidy();
}

/// Old files are compressed and removed by a thread of its own, one at a time.
void LogFile::tidy() {
  if (!tidied_.load()) return;
  if (tidying_.joinable()) tidying_.join();
  tidied_.store(false);
  tidying_ = std::thread([this] {
    const fs::path path(options_.path);
    const auto now = std::chrono::floor<milliseconds>(base::wall_now());
    std::vector<Backup> stay = backups_of(path);
    std::error_code ignored;
    for (std::size_t i = 0; i < stay.size(); ++i) {
      const bool too_many = options_.max_backups != 0 && i >= options_.max_backups;
      const bool too_old = options_.max_age.count() != 0 && stay[i].stamp < stamp_of(now - options_.max_age);
      if (too_many || too_old) {
        fs::remove(stay[i].path, ignored);
      } else if (!stay[i].compressed) {
        compress(stay[i].path);
      }
    }
    tidied_.store(true);
  });
}

void LogFile::settle() {
  const std::scoped_lock lock(mutex_);
  if (tidying_.joinable()) tidying_.join();
}

}  // namespace tandem::telemetry
