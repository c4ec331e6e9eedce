#pragma once

// ScriptRunner: runs one tracked script again and again and says what it means for the priority (keepalived:
// vrrp_script). Runs never overlap: one that takes longer than the interval moves the next one on. Belongs to the
// supervisor's loop, which owns it.

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "config/model/high_availability_track.h"
#include "control/hooks/child_command.h"
#include "control/hooks/track_effect.h"
#include "engine/loop/scope.h"

namespace tandem::hooks {

struct ScriptState {
  bool known = false;  ///< it has run once, or begins as bad (initFail)
  bool good = false;
  TrackEffect effect;  ///< nothing until it is known
  std::string last;    ///< how the last run ended: "exit status 1"
  std::uint64_t runs = 0;
  std::uint64_t failures = 0;
  std::int64_t against = 0;  ///< results in a row that speak against the state
};

class ScriptRunner {
 public:
  /// Called at the first result and at every change, from the loop.
  using Told = std::function<void(const ScriptRunner&)>;

  /// Errors: the command cannot be run, or not safely.
  static base::Result<std::unique_ptr<ScriptRunner>> make(const model::TrackedScript& script, const CommandRules& rules,
                                                          Told told);
  ScriptRunner(const ScriptRunner&) = delete;
  ScriptRunner& operator=(const ScriptRunner&) = delete;

  /// Runs it for the first time at once. Ends with this object, together with a run under way.
  void start();
  const ScriptState& state() const { return state_; }
  const model::TrackedScript& script() const { return script_; }
  /// Its name, or its path.
  const std::string& name() const { return name_; }
  /// "check_web is down: exit status 1 (2 of 2)"; for status and reasons of transitions.
  std::string reason() const;

 private:
  ScriptRunner(model::TrackedScript script, ChildCommand command, Told told);
  loop::Task<void> run_regularly();
  void take(const CommandEnd& end);
  void settle();

  model::TrackedScript script_;
  std::string name_;
  ChildCommand command_;
  Told told_;
  Hysteresis hysteresis_;
  ScriptState state_;
  loop::Scope scope_;
};

}  // namespace tandem::hooks
