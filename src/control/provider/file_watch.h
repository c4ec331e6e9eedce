#pragma once

// FileWatch: tells that something happened to files one cares about, by inotify. It follows every symbolic link and
// every folder on the way to a file, so a file that is replaced by renaming, or reached through a link that is switched
// (Kubernetes' ..data), is noticed. It is a hint to look soon, never the only reason to look: on NFS and some bind
// mounts the kernel reports nothing, and callers look every few seconds as well.
// Control thread. Owned by its provider.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/loop/descriptor.h"
#include "engine/loop/task.h"

namespace tandem::provider {

/// What to watch: single paths, which may not exist yet, and folders of which every entry counts.
struct WatchList {
  std::vector<std::string> paths;
  std::vector<std::string> folders;
};

class FileWatch {
 public:
  FileWatch() = default;

  /// Errors: the kernel's limits (fs.inotify.max_user_instances); the caller then looks by time alone.
  base::Result<void> open();
  /// Replaces what is watched. Returns how many folders could not be watched for want of kernel resources.
  std::size_t set(const WatchList& list);

  /// True when something happened to what is watched; false when `deadline` passed first.
  loop::Task<bool> changed(loop::TimePoint deadline);
  /// What happened since the last call, as absolute paths of folder and entry; nothing when that cannot be said.
  std::optional<std::set<std::string>> take_touched();

 private:
  struct Folder {
    std::string path;   // one of those that lead to it
    bool alone = true;  // no other leads to it
    bool every_entry = false;
    std::set<std::string> names;  // entries that count unless every one does
  };
  bool drain();  // reads all queued events; true when one of them counts
  void note(int watch, std::uint32_t mask, std::string_view name);
  bool counts(int watch, std::uint32_t mask, std::string_view name) const;

  std::unique_ptr<loop::Descriptor> descriptor_;
  std::map<std::string, int> watches_;  // folder to the kernel's number
  std::map<int, Folder> folders_;
  std::set<std::string> touched_;
  bool touched_unknown_ = false;
};

/// Every (folder, entry) that decides what `path` leads to: each component of the way, and those of the targets of
/// links on it.
std::vector<std::pair<std::string, std::string>> steps_of(const std::string& path);

}  // namespace tandem::provider
