#include "control/hooks/notifier.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cerrno>

#include "base/log.h"

namespace tandem::hooks {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr auto kLook = std::chrono::milliseconds(10);

struct ForState {
  const char* state;
  const char* key;
  std::string model::NotifyCommands::* command;
};
constexpr std::array kStates{
    ForState{"MASTER", "onMaster", &model::NotifyCommands::onMaster},
    ForState{"BACKUP", "onBackup", &model::NotifyCommands::onBackup},
    ForState{"FAULT", "onFault", &model::NotifyCommands::onFault},
    ForState{"STOP", "onStop", &model::NotifyCommands::onStop},
    ForState{Notifier::kLowerPriority, "onLowerPriority", &model::NotifyCommands::onLowerPriority}};

}  // namespace

Result<Notifier::Commands> Notifier::commands_of(const model::NotifyCommands& notify, const CommandRules& rules,
                                                 const std::string& path) {
  Commands commands;
  const auto command_at = [&](const char* key, const std::string& text) -> Result<ChildCommand> {
    auto command = make_command(text, notify.user, rules);
    if (!command) return std::move(command.error()).wrapped(fmt::format("{}.{}", path, key));
    command->timeout = notify.timeout.value;
    return command;
  };
  for (const ForState& each : kStates) {
    const std::string& text = notify.*each.command;
    if (text.empty()) continue;
    auto command = command_at(each.key, text);
    if (!command) return std::move(command.error());
    commands.by_state.emplace(each.state, std::move(*command));
  }
  if (notify.command.empty()) return commands;
  auto generic = command_at("command", notify.command);
  if (!generic) return std::move(generic.error());
  commands.generic = std::move(*generic);
  return commands;
}

Result<std::unique_ptr<Notifier>> Notifier::make(const model::HighAvailability& ha, std::string node) {
  std::unique_ptr<Notifier> notifier(new Notifier(std::move(node)));
  const CommandRules rules{.user = ha.scriptUser, .security = ha.scriptSecurity};
  auto own = commands_of(ha.notify, rules, "ha.notify");
  if (!own) return std::move(own.error());
  notifier->of_node_ = std::move(*own);
  for (const auto& [name, instance] : ha.instances) {
    if (!instance.notify) continue;
    auto commands = commands_of(*instance.notify, rules, fmt::format("ha.instances.{}.notify", name));
    if (!commands) return std::move(commands.error());
    notifier->of_instances_.emplace(name, std::move(*commands));
  }
  for (const auto& [name, group] : ha.syncGroups) {
    if (!group.notify) continue;
    auto commands = commands_of(*group.notify, rules, fmt::format("ha.syncGroups.{}.notify", name));
    if (!commands) return std::move(commands.error());
    notifier->of_groups_.emplace(name, std::move(*commands));
  }
  notifier->priority_changes_ = ha.notify.priorityChanges;
  if (!ha.notify.fifo.empty()) {
    if (auto opened = notifier->open_fifo(ha.notify.fifo); !opened) return std::move(opened.error());
  }
  if (ha.notify.webhook) {
    auto webhook = Webhook::make(*ha.notify.webhook);
    if (!webhook) return std::move(webhook.error());
    notifier->webhook_ = std::move(*webhook);
    notifier->fields_ = ha.notify.webhook->fields;
  }
  return notifier;
}

Result<void> Notifier::open_fifo(const std::string& path) {
  if (::mkfifo(path.c_str(), 0600) != 0 && errno != EEXIST) return Error::from_errno(errno, "ha.notify.fifo: " + path);
  // For reading too, so that it opens and stays open without a reader.
  fifo_.reset(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  if (!fifo_) return Error::from_errno(errno, "ha.notify.fifo: " + path);
  struct stat found{};
  if (::fstat(fifo_.get(), &found) != 0 || !S_ISFIFO(found.st_mode))
    return Error(ErrorKind::kInvalid, fmt::format("ha.notify.fifo: {} is no FIFO", path));
  return {};
}

void Notifier::tell(const Transition& transition) {
  const auto& named = transition.group ? of_groups_ : of_instances_;
  if (const auto found = named.find(transition.name); found != named.end()) enqueue(found->second, transition);
  enqueue(of_node_, transition);
  if (fifo_) {
    write_line(fmt::format("{} \"{}\" {} {}\n", transition.group ? "GROUP" : "INSTANCE", transition.name, transition.to,
                           transition.group ? 0 : transition.priority));
  }
  if (webhook_) webhook_->post(body_of(transition));
}

void Notifier::tell_priority(const std::string& instance, const std::string& state, int priority) {
  if (!priority_changes_ || !fifo_) return;
  write_line(fmt::format("INSTANCE \"{}\" {}_PRIORITY {}\n", instance, state, priority));
}

void Notifier::enqueue(const Commands& commands, const Transition& transition) {
  if (const auto own = commands.by_state.find(transition.to); own != commands.by_state.end()) push(own->second);
  if (!commands.generic) return;
  ChildCommand command = *commands.generic;
  command.words.insert(command.words.end(), {transition.group ? "GROUP" : "INSTANCE", transition.name, transition.to,
                                             std::to_string(transition.group ? 0 : transition.priority)});
  push(std::move(command));
}

void Notifier::push(ChildCommand command) {
  if (waiting_.size() >= kMostWaiting) {
    waiting_.pop_front();
    ++counters_.lost;
  }
  waiting_.push_back(std::move(command));
  if (std::exchange(running_, true)) return;
  // Not inside this call: starting a process takes a millisecond that the caller need not wait for.
  loop::Loop::current().post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (!alive.expired()) scope_.spawn(run_commands());
  });
}

loop::Task<void> Notifier::run_commands() {
  while (!waiting_.empty()) {
    ChildCommand command = std::move(waiting_.front());
    waiting_.pop_front();
    const std::string path = command.words.front();
    const CommandEnd end = co_await run_command(std::move(command));
    ++counters_.commands;
    if (end.good) continue;
    ++counters_.failed_commands;
    base::log_warn("A notify command failed", {{"command", path}, {"result", end.text}});
  }
  running_ = false;
}

void Notifier::write_line(const std::string& line) {
  // One write of a short line is whole or not at all (PIPE_BUF).
  const ssize_t count = ::write(fifo_.get(), line.data(), line.size());
  const bool full = count < 0;
  if (full) ++counters_.lost;
  if (full && !fifo_full_) base::log_warn("Nobody reads the notify FIFO: lines are lost");
  fifo_full_ = full;
}

std::string Notifier::body_of(const Transition& transition) const {
  const std::string line = state_line(transition, node_);
  boost::json::object body{{"node", node_},
                           {"kind", transition.group ? "GROUP" : "INSTANCE"},
                           {"name", transition.name},
                           {"from", transition.from},
                           {"state", transition.to},
                           {"priority", transition.group ? 0 : transition.priority},
                           {"reason", transition.reason},
                           {"time", base::rfc3339_text(transition.at)},
                           {"message", line},
                           {"text", line}};
  for (const auto& [name, value] : fields_) body[name] = value.value;
  return boost::json::serialize(body);
}

loop::Task<void> Notifier::drain(loop::Nanoseconds at_most) {
  const auto deadline = loop::Loop::current().now() + at_most;
  while ((running_ || (webhook_ && !webhook_->idle())) && loop::Loop::current().now() < deadline)
    co_await loop::sleep_for(kLook);
}

}  // namespace tandem::hooks
