#pragma once

// DataPlaneCheck: whether this node's proxy serves, as the supervisor sees it from outside: the process, its workers'
// heartbeats, what it says about itself, and an answer of its real listening sockets. Belongs to the supervisor's loop.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "control/ha/health_page.h"
#include "engine/loop/scope.h"
#include "engine/net/address.h"

namespace tandem::ha {

struct DataPlaneOptions {
  loop::Nanoseconds interval = std::chrono::milliseconds(50);       ///< between two looks and between two requests
  loop::Nanoseconds timeout = std::chrono::milliseconds(100);       ///< for an answer
  loop::Nanoseconds worker_stall = std::chrono::milliseconds(100);  ///< a worker without a beat for so long hangs
  /// A worker that could run but gets no core, on a machine with too much to do, is given so long instead: moving the
  /// addresses would not help it, and the other node may have as much to do.
  loop::Nanoseconds starved = std::chrono::seconds(1);
  /// After an end of the process it may be restarted for so long before that counts.
  loop::Nanoseconds restart_grace = std::chrono::milliseconds(200);
  int rise = 2;                    ///< good looks in a row until it is healthy
  int fall = 2;                    ///< bad looks in a row until it is not
  std::uint64_t min_routers = 1;   ///< that the configuration in force must have
  int memory_headroom = 0;         ///< percent of the machine's memory that must be available; 0: not looked at
  int descriptor_headroom = 0;     ///< percent of the process's descriptors that must be free; 0: not looked at
  std::size_t workers = 1;         ///< of the proxy
  std::vector<net::Address> asks;  ///< where its entry points listen
  std::string path;                ///< of the request that only this check knows; begins with a slash
};

/// How a data plane is.
enum class DataPlaneHealth : std::uint8_t {
  kDead,    ///< cannot serve
  kUnwell,  ///< serves, but any node that is well should rather
  kWell,
};

/// What the check found.
struct DataPlaneVerdict {
  DataPlaneHealth health = DataPlaneHealth::kDead;
  std::string reason = "not looked at yet";  ///< a sentence; empty when well
};

class DataPlaneCheck {
 public:
  using Told = std::function<void(const DataPlaneVerdict&)>;
  /// `told` gets the first verdict and every change of health; `looked` gets the one that counts (after rise and fall)
  /// at each look, so that somebody may lease by it.
  DataPlaneCheck(DataPlaneOptions options, Told told, Told looked);
  ~DataPlaneCheck();

  /// Before start(): the process before this one found it well.
  void assume_well();
  void start();
  /// A proxy runs from now on, with this page and process number.
  void process_began(const HealthPage& page, int pid);
  /// It ended; for a restart process_began() follows.
  void process_ended();
  const DataPlaneVerdict& verdict() const { return verdict_; }

 private:
  struct Asked;
  loop::Task<void> look_regularly();
  loop::Task<void> ask_regularly(Asked& asked);
  void look();
  void note_own_lateness(loop::Nanoseconds late);
  DataPlaneVerdict judge();
  std::string find_stalled_worker();
  std::string find_silent_listener() const;
  std::string find_lack_of_configuration() const;
  const std::string& find_shortage();

  DataPlaneOptions options_;
  Told told_;
  Told looked_;
  DataPlaneVerdict verdict_;
  const HealthPage* page_ = nullptr;
  int pid_ = -1;
  loop::TimePoint ended_at_;  // of the last process; when the check began before there was one
  bool was_well_ = false;     // when it ended
  int in_a_row_ = 0;          // looks that contradict the verdict
  bool told_once_ = false;
  struct Beat {
    std::uint64_t count = 0;
    loop::TimePoint seen;
    // Of its thread, at the last look that found it silent.
    loop::Nanoseconds cpu_time{-1};
    loop::TimePoint cpu_time_at;
  };
  bool waits_for_a_core(std::size_t worker);
  bool starving_ = false;  // a worker waits for a core, at the last look
  std::vector<Beat> beats_;
  std::vector<std::unique_ptr<Asked>> asked_;
  loop::Nanoseconds own_lateness_{0};  // how late the looks themselves were lately: the machine is that busy
  loop::TimePoint shortage_looked_at_{};
  std::string shortage_;
  loop::Scope tasks_;
};

}  // namespace tandem::ha
