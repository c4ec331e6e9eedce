#include "control/history/last_good.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "base/clock.h"
#include "base/log.h"

namespace tandem::history {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;

// Then the source, the time of acceptance in Unix seconds, and the content, each behind a line feed.
constexpr std::string_view kMark = "tandem last good 1\n";
constexpr std::string_view kSuffix = ".last";
constexpr auto kForgetAfter = std::chrono::hours(24 * 90);

/// FNV-1a: the same in every version of the program.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(base::wall_now().time_since_epoch()).count();
}

/// A file that is being written; removed again unless it was put in place.
class NewFile {
 public:
  explicit NewFile(std::string path)
      : path_(std::move(path)), fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}
  ~NewFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!placed_) ::unlink(path_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  Result<void> write(std::string_view text) const {
    if (fd_ < 0) return Error::from_errno(errno, "create " + path_);
    while (!text.empty()) {
      const ssize_t count = ::write(fd_, text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return Error::from_errno(errno, "write " + path_);
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }
  Result<void> place(const std::string& target) {
    if (::fsync(fd_) != 0) return Error::from_errno(errno, "sync " + path_);
    if (::rename(path_.c_str(), target.c_str()) != 0) return Error::from_errno(errno, "rename " + path_);
    placed_ = true;
    return {};
  }

 private:
  std::string path_;
  int fd_;
  bool placed_ = false;
};

/// The renaming is on disk only when the folder is.
void sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)::fsync(fd);
  ::close(fd);
}

/// Takes a line off the front.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

struct Stored {
  std::string source;
  LastGood::Kept kept;
};

std::optional<Stored> read_stored(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  const std::string whole = std::move(text).str();
  std::string_view rest = whole;
  if (!rest.starts_with(kMark)) return std::nullopt;
  rest.remove_prefix(kMark.size());
  const auto source = take_line(rest);
  const auto time = take_line(rest);
  if (!source || !time) return std::nullopt;
  Stored stored{.source = std::string(*source), .kept = {.content = {}, .accepted = 0}};
  std::from_chars(time->data(), time->data() + time->size(), stored.kept.accepted);
  stored.kept.content = rest;
  return stored;
}

std::vector<std::string> stored_files(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == kSuffix) files.push_back(it->path().string());
  }
  return files;
}

}  // namespace

LastGood::LastGood(std::string directory) : directory_(std::move(directory)) {}

LastGood::~LastGood() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (writer_.joinable()) writer_.join();
}

std::string LastGood::path_of(std::string_view source) const {
  return fmt::format("{}/{:016x}{}", directory_, hash_of(source), kSuffix);
}

void LastGood::keep(std::string_view source, std::string content) {
  if (source.find('\n') != std::string_view::npos) return;
  {
    const std::scoped_lock lock(mutex_);
    std::erase_if(jobs_, [source](const Job& job) { return job.source == source; });
    jobs_.push_back({std::string(source), std::move(content), unix_seconds()});
    if (!writer_.joinable()) writer_ = std::thread(&LastGood::work, this);
  }
  changed_.notify_all();
}

void LastGood::flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.empty() && !writing_; });
}

void LastGood::work() {
  drop_old();
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    writing_ = true;
    lock.unlock();
    if (const auto written = write(job); !written) {
      // Once is enough where nothing can be written, as in many containers.
      base::log(std::exchange(complained_, true) ? base::LogLevel::kDebug : base::LogLevel::kWarn,
                "Cannot keep the last good configuration for the next start",
                {{"source", job.source}, {"error", written.error().text()}});
    }
    lock.lock();
    writing_ = false;
    changed_.notify_all();
  }
}

Result<void> LastGood::write(const Job& job) {
  std::error_code error;
  if (fs::create_directories(directory_, error)) fs::permissions(directory_, fs::perms::owner_all, error);
  if (error) return Error(ErrorKind::kInvalid, fmt::format("{}: {}", directory_, error.message()));
  const std::string path = path_of(job.source);
  // What an earlier run of the program wrote is looked at once; later every content is a new one.
  if (known_.insert(job.source).second) {
    if (const auto stored = read_stored(path); stored && stored->kept.content == job.content) {
      fs::last_write_time(path, fs::file_time_type::clock::now(), error);  // still wanted
      return {};
    }
  }
  NewFile file(path + ".new");
  auto done = file.write(fmt::format("{}{}\n{}\n", kMark, job.source, job.accepted));
  if (done) done = file.write(job.content);
  if (done) done = file.place(path);
  if (done) sync_folder(directory_);
  return done;
}

void LastGood::drop_old() const {
  const auto oldest = fs::file_time_type::clock::now() - kForgetAfter;
  for (const std::string& file : stored_files(directory_)) {
    std::error_code error;
    const auto time = fs::last_write_time(file, error);
    if (!error && time < oldest) fs::remove(file, error);
  }
}

Result<LastGood::Kept> LastGood::recall(std::string_view source) const {
  auto stored = read_stored(path_of(source));
  if (!stored || stored->source != source) {
    return Error(ErrorKind::kNotFound, fmt::format("nothing is kept of {}", source));
  }
  return std::move(stored->kept);
}

std::vector<std::string> LastGood::sources(std::string_view prefix) const {
  std::vector<std::string> names;
  for (const std::string& file : stored_files(directory_)) {
    const auto stored = read_stored(file);
    if (stored && stored->source.starts_with(prefix)) names.push_back(stored->source);
  }
  std::ranges::sort(names);
  return names;
}

std::string default_directory() {
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  // systemd separates several by colons.
  if (const std::string state = variable("STATE_DIRECTORY"); !state.empty()) return state.substr(0, state.find(':'));
  if (::geteuid() == 0) return "/var/lib/tandem";
  if (const std::string state = variable("XDG_STATE_HOME"); !state.empty()) return state + "/tandem";
  if (const std::string home = variable("HOME"); !home.empty()) return home + "/.local/state/tandem";
  return {};
}

}  // namespace tandem::history
