#pragma once

// Transitions: the last changes of state of this node with their reasons, kept across restarts. Belongs to the
// supervisor's loop; a thread of its own writes, so that a slow disk holds nobody up.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"

namespace tandem::hooks {

/// One change of state of an instance or a group.
struct Transition {
  base::WallTime at;
  std::string name;    ///< of the instance or group
  bool group = false;  ///< a sync group, whose priority is told as 0
  std::string from;    ///< "BACKUP"; empty for the first state after a start
  std::string to;      ///< "MASTER", "BACKUP", "FAULT", "STOP"
  int priority = 0;    ///< the effective one
  std::string reason;  ///< "the master is silent"
  bool operator==(const Transition&) const = default;
};

/// "[2006-01-02 15:04:05] HOST transitioned to MASTER (VI_1, priority 200: the master is silent)", local time.
std::string state_line(const Transition& transition, const std::string& host);

class Transitions {
 public:
  static constexpr std::size_t kMost = 200;

  /// Keeps `transitions` in `directory`, which is made (mode 0700) when it is needed; empty: in memory only. Reads what
  /// is there; what cannot be read is logged and left out.
  explicit Transitions(std::string directory);
  /// Finishes writing.
  ~Transitions();
  Transitions(const Transitions&) = delete;
  Transitions& operator=(const Transitions&) = delete;

  /// The oldest is first.
  const std::deque<Transition>& all() const { return all_; }
  /// Returns at once; a failure to write is logged.
  void add(Transition transition);
  /// Since the program was installed, as far as is known.
  std::uint64_t count() const { return count_; }
  /// Waits until everything is written.
  void flush();

 private:
  void load();
  void work();

  std::string directory_;
  std::deque<Transition> all_;
  std::uint64_t count_ = 0;
  std::mutex mutex_;  // guards the next four
  std::condition_variable changed_;
  std::string text_;  // to be written; empty: nothing
  bool writing_ = false;
  bool ending_ = false;
  std::thread writer_;
};

}  // namespace tandem::hooks
