#pragma once

// drive: runs the calling thread's loop until a task has ended. For tests; the loop may have either clock.

#include <optional>
#include <utility>

#include "engine/loop/loop.h"
#include "engine/loop/scope.h"
#include "engine/loop/task.h"

namespace tandem::loop {

/// One turn of the current loop that does not wait.
inline void turn(int times = 1) {
  for (int i = 0; i < times; ++i) Loop::current().run_once(Loop::current().now());
}

/// Turns until `done()` holds.
template <class Condition>
void turn_until(Condition done) {
  while (!done()) Loop::current().run_once(Loop::current().now() + std::chrono::milliseconds(20));
}

template <class T>
Task<void> store_into(Task<T> task, std::optional<T>* into) {
  into->emplace(co_await std::move(task));
}
inline Task<void> note_end_of(Task<void> task, bool* ended) {
  co_await std::move(task);
  *ended = true;
}

/// Runs `task` to its end and returns its value.
template <class T>
T drive(Task<T> task) {
  Scope scope;
  if constexpr (std::is_void_v<T>) {
    bool ended = false;
    scope.spawn(note_end_of(std::move(task), &ended));
    turn_until([&] { return ended; });
  } else {
    std::optional<T> value;
    scope.spawn(store_into(std::move(task), &value));
    turn_until([&] { return value.has_value(); });
    return std::move(*value);
  }
}

}  // namespace tandem::loop
