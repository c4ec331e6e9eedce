#pragma once

// Pair: this node's part in holding the virtual addresses, as the supervisor's main thread runs it: it turns what is
// known about the data plane, the peers and the operator's wishes into commands for the VRRP thread, and what that
// reports into log lines, notifications, history and status. Belongs to the supervisor's loop.

#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "config/model/high_availability.h"
#include "control/ha/data_plane_check.h"
#include "control/ha/speaker.h"

namespace tandem::ha {

class Pair {
 public:
  /// Opens sockets, finds interfaces. Errors: see Speaker::create(); options that cannot be.
  static base::Result<std::unique_ptr<Pair>> make(const model::HighAvailability& configuration,
                                                  std::string state_directory);
  ~Pair();
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  /// `tell` gets the status whenever it changed, and once a second. Errors: another supervisor runs.
  base::Result<void> start(std::function<void(const boost::json::object& status)> tell);
  /// Tells the status again soon (to a new proxy).
  void repeat_status();
  /// The health of the data plane changed.
  void data_plane_is(const DataPlaneVerdict& verdict);
  /// It was looked at: leases are renewed by this.
  void data_plane_looked_at(const DataPlaneVerdict& verdict);
  /// Lets the other node take over, as far as there is one that can, and lets go.
  loop::Task<void> hand_over();
  /// keepalived's dumps: SIGUSR2 statistics, SIGRTMIN+2 JSON, SIGRTMAX-1 statistics that begin again.
  void dump(int signal);
  /// Lets go of everything at once.
  void stop();

 private:
  struct State;
  explicit Pair(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tandem::ha
