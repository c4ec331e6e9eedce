#include "control/provider/file_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "engine/loop/scope.h"

namespace tandem::provider {
namespace {

// No IN_MODIFY: a file that is being written is not worth reading before its writer closes it.
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB |
                                  IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr int kMostLinks = 40;  // as the kernel

}  // namespace

std::vector<std::pair<std::string, std::string>> steps_of(const std::string& path) {
  namespace fs = std::filesystem;
  std::vector<std::pair<std::string, std::string>> steps;
  std::error_code error;
  fs::path rest = fs::absolute(path, error);
  if (error) return steps;
  int links = 0;
  for (bool again = true; again;) {
    again = false;
    fs::path at = "/";
    const fs::path whole = rest.relative_path();
    for (auto part = whole.begin(); part != whole.end(); ++part) {
      if (part->empty() || *part == ".") continue;
      if (*part == "..") {
        at = at.parent_path();
        continue;
      }
      steps.emplace_back(at.string(), part->string());
      const fs::path here = at / *part;
      const fs::path target = fs::read_symlink(here, error);
      if (error) {
        at = here;
        continue;
      }
      if (++links > kMostLinks) return steps;
      fs::path next = target.is_absolute() ? target : at / target;
      for (++part; part != whole.end(); ++part) next /= *part;
      rest = next;
      again = true;
      break;
    }
  }
  return steps;
}

base::Result<void> FileWatch::open() {
  const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return base::Error::from_errno(errno, "inotify_init1");
  descriptor_ = std::make_unique<loop::Descriptor>(fd);
  return {};
}

std::size_t FileWatch::set(const WatchList& list) {
  if (descriptor_ == nullptr) return 0;
  std::map<std::string, Folder> wanted;
  for (const std::string& path : list.paths) {
    for (const auto& [folder, name] : steps_of(path)) wanted[folder].names.insert(name);
  }
  for (const std::string& folder : list.folders) wanted[folder].every_entry = true;

  std::size_t failed = 0;
  std::map<std::string, int> watches;
  std::map<int, Folder> folders;
  for (auto& [path, folder] : wanted) {
    // Asked for again even when known: a folder that was replaced is another one by the same name.
    const int watch = ::inotify_add_watch(descriptor_->fd(), path.c_str(), kEvents);
    if (watch < 0) {
      if (errno == ENOSPC || errno == ENOMEM) ++failed;
      continue;
    }
    watches[path] = watch;
    Folder& known = folders[watch];  // two paths may lead to one folder
    known.alone = known.path.empty();
    known.path = path;
    known.every_entry |= folder.every_entry;
    known.names.merge(folder.names);
  }
  for (const auto& [watch, folder] : folders_) {
    if (!folders.contains(watch)) ::inotify_rm_watch(descriptor_->fd(), watch);
  }
  watches_ = std::move(watches);
  folders_ = std::move(folders);
  return failed;
}

bool FileWatch::counts(int watch, std::uint32_t mask, std::string_view name) const {
  if ((mask & IN_Q_OVERFLOW) != 0) return true;
  const auto folder = folders_.find(watch);
  if (folder == folders_.end()) return false;
  if ((mask & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0) return true;
  return !name.empty() && (folder->second.every_entry || folder->second.names.contains(std::string(name)));
}

void FileWatch::note(int watch, std::uint32_t mask, std::string_view name) {
  constexpr std::size_t kMost = 1000;
  const auto folder = folders_.find(watch);
  constexpr std::uint32_t kMoreThanFiles = IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF | IN_ISDIR;
  if ((mask & kMoreThanFiles) != 0 || folder == folders_.end() || !folder->second.alone || touched_.size() >= kMost) {
    touched_unknown_ = true;
    return;
  }
  const std::string& path = folder->second.path;
  touched_.insert(path + (path.ends_with('/') ? "" : "/") + std::string(name));
}

std::optional<std::set<std::string>> FileWatch::take_touched() {
  std::set<std::string> touched = std::exchange(touched_, {});
  if (std::exchange(touched_unknown_, false)) return std::nullopt;
  return touched;
}

bool FileWatch::drain() {
  bool any = false;
  alignas(inotify_event) std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t size = ::read(descriptor_->fd(), buffer.data(), buffer.size());
    if (size <= 0) {
      if (size < 0 && errno == EINTR) continue;
      descriptor_->drained();
      return any;
    }
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      const std::string_view entry(name, ::strnlen(name, event.len));
      if (counts(event.wd, event.mask, entry)) {
        any = true;
        note(event.wd, event.mask, entry);
      }
      at += sizeof event + event.len;
    }
  }
}

loop::Task<bool> FileWatch::changed(loop::TimePoint deadline) {
  if (descriptor_ == nullptr) {
    co_await loop::sleep_until(deadline);
    co_return false;
  }
  for (;;) {
    if (drain()) co_return true;
    const loop::Wake wake = co_await descriptor_->readable(deadline);
    if (wake == loop::Wake::kTimeout) co_return drain();
  }
}

}  // namespace tandem::provider
