#include "control/hooks/script_runner.h"

#include <fmt/format.h>

#include "base/log.h"
#include "engine/loop/descriptor.h"

namespace tandem::hooks {

base::Result<std::unique_ptr<ScriptRunner>> ScriptRunner::make(const model::TrackedScript& script,
                                                               const CommandRules& rules, Told told) {
  auto command = make_command(script.command, script.user, rules);
  if (!command) return std::move(command.error());
  const loop::Nanoseconds own = script.timeout.value;
  command->timeout = own.count() > 0 ? own : script.interval.value;
  return std::unique_ptr<ScriptRunner>(new ScriptRunner(script, std::move(*command), std::move(told)));
}

ScriptRunner::ScriptRunner(model::TrackedScript script, ChildCommand command, Told told)
    : script_(std::move(script)),
      name_(script_.name.empty() ? command.words.front() : script_.name),
      command_(std::move(command)),
      told_(std::move(told)),
      hysteresis_(script_.rise, script_.fall, script_.initFail) {
  settle();
}

void ScriptRunner::start() {
  if (state_.known) told_(*this);
  scope_.spawn(run_regularly());
}

loop::Task<void> ScriptRunner::run_regularly() {
  loop::TimePoint due = loop::Loop::current().now();
  while (true) {
    const CommandEnd end = co_await run_command(command_);
    take(end);
    const loop::TimePoint now = loop::Loop::current().now();
    while (due <= now) due += script_.interval.value;
    co_await loop::sleep_until(due);
  }
}

void ScriptRunner::take(const CommandEnd& end) {
  ++state_.runs;
  if (!end.good) ++state_.failures;
  state_.last = end.text;
  const bool changed = hysteresis_.take(end.good);
  settle();
  if (!changed) return;
  base::log(state_.good ? base::LogLevel::kInfo : base::LogLevel::kWarn, "A track script changed its mind",
            {{"script", name_}, {"state", state_.good ? "good" : "bad"}, {"result", end.text}});
  told_(*this);
}

void ScriptRunner::settle() {
  state_.known = hysteresis_.good().has_value();
  state_.good = hysteresis_.good().value_or(false);
  state_.against = hysteresis_.against();
  state_.effect = state_.known ? effect_of(script_.weight, script_.reverse, state_.good) : TrackEffect{};
}

std::string ScriptRunner::reason() const {
  if (!state_.known) return fmt::format("script {} has not run yet", name_);
  return fmt::format("script {} is {}: {}", name_, state_.good ? "good" : "bad",
                     state_.last.empty() ? "it has not run yet" : state_.last);
}

}  // namespace tandem::hooks
