#pragma once

// Notifier: tells commands, a FIFO and a webhook about transitions, each from a queue of its own: telling returns at
// once, and no receiver holds up another one or the election. Commands run one after the other, in the order of the
// transitions, each exactly once. Belongs to the supervisor's loop.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "config/model/high_availability.h"
#include "control/hooks/child_command.h"
#include "control/hooks/transitions.h"
#include "control/hooks/webhook.h"

namespace tandem::hooks {

class Notifier {
 public:
  /// The line of keepalived's FIFO for a master that heard a lower priority, and the name of the event.
  static constexpr const char* kLowerPriority = "MASTER_RX_LOWER_PRI";
  /// Commands that wait at most; then the oldest is given up.
  static constexpr std::size_t kMostWaiting = 1000;

  /// Errors: commands that cannot be run, or not safely; a FIFO that cannot be made; a URL that is none. `node` is this
  /// node's name.
  static base::Result<std::unique_ptr<Notifier>> make(const model::HighAvailability& ha, std::string node);
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// A change of state. `to` is "STOP" at the end of the program; kLowerPriority, which is no state, is told alike.
  void tell(const Transition& transition);
  /// The effective priority of a master or backup changed (FIFO only, ha.notify.priorityChanges).
  void tell_priority(const std::string& instance, const std::string& state, int priority);
  /// Waits until commands have ended and the webhook was told, at most so long (keepalived gives STOP one second).
  loop::Task<void> drain(loop::Nanoseconds at_most);

  struct Counters {
    std::uint64_t commands = 0;
    std::uint64_t failed_commands = 0;
    std::uint64_t lost = 0;  ///< FIFO lines that nobody read, commands given up
  };
  const Counters& counters() const { return counters_; }
  const Webhook* webhook() const { return webhook_.get(); }

 private:
  /// The commands of one who notifies: the node, an instance or a group.
  struct Commands {
    std::map<std::string, ChildCommand> by_state;
    std::optional<ChildCommand> generic;
  };
  explicit Notifier(std::string node) : node_(std::move(node)) {}
  static base::Result<Commands> commands_of(const model::NotifyCommands& notify, const CommandRules& rules,
                                            const std::string& path);
  base::Result<void> open_fifo(const std::string& path);
  void enqueue(const Commands& commands, const Transition& transition);
  void push(ChildCommand command);
  void write_line(const std::string& line);
  std::string body_of(const Transition& transition) const;
  loop::Task<void> run_commands();

  std::string node_;
  Commands of_node_;
  std::map<std::string, Commands> of_instances_;
  std::map<std::string, Commands> of_groups_;
  std::map<std::string, format::Secret> fields_;
  std::unique_ptr<Webhook> webhook_;
  base::Fd fifo_;
  bool priority_changes_ = false;
  bool fifo_full_ = false;
  std::deque<ChildCommand> waiting_;
  bool running_ = false;
  Counters counters_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what was posted to the loop
  loop::Scope scope_;
};

}  // namespace tandem::hooks
