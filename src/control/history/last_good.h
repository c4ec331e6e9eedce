#pragma once

// LastGood: what sources of configuration held when it was last accepted, on disk, so that a start with a broken or
// unreachable source still has it. One file for each source, replaced atomically and synced; a thread of its own
// writes, so that a slow disk holds nobody up. Control thread; owned by app.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"

namespace tandem::history {

class LastGood {
 public:
  struct Kept {
    std::string content;
    std::int64_t accepted = 0;  ///< Unix seconds
  };

  /// Keeps files in `directory`, which is made (mode 0700) when it is first needed. What nobody accepted for
  /// 90 days is dropped.
  explicit LastGood(std::string directory);
  /// Finishes writing.
  ~LastGood();
  LastGood(const LastGood&) = delete;
  LastGood& operator=(const LastGood&) = delete;

  /// The source's content was accepted. Returns at once; a failure to write is logged.
  void keep(std::string_view source, std::string content);
  /// What was kept of a source; fails when nothing was, or when it cannot be read.
  base::Result<Kept> recall(std::string_view source) const;
  /// Sources whose names begin with `prefix`, sorted.
  std::vector<std::string> sources(std::string_view prefix) const;
  /// Waits until everything is written.
  void flush();

 private:
  struct Job {
    std::string source;
    std::string content;
    std::int64_t accepted;
  };

  std::string path_of(std::string_view source) const;
  void work();
  base::Result<void> write(const Job& job);
  void drop_old() const;

  std::string directory_;
  std::mutex mutex_;  // guards the next four
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool writing_ = false;
  bool ending_ = false;
  // The writer's own:
  bool complained_ = false;
  std::set<std::string> known_;  // sources whose file was looked at or written
  std::thread writer_;
};

/// Where state is kept when the configuration does not say: $STATE_DIRECTORY (systemd), /var/lib/tandem for root,
/// $XDG_STATE_HOME/tandem or ~/.local/state/tandem for others; empty when there is no such place.
std::string default_directory();

}  // namespace tandem::history
