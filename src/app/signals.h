#pragma once

// Signals as something to wait for. They are blocked for the whole process before any thread starts and read from a
// descriptor on the control thread. Control thread; owned by serve().

#include <initializer_list>
#include <memory>

#include "base/result.h"
#include "engine/loop/descriptor.h"
#include "engine/loop/task.h"

namespace tandem::app {

class Signals {
 public:
  /// Blocks the signals for this thread and those it starts. Call before there are others.
  static void block(std::initializer_list<int> signals);

  /// Errors: no descriptor to be had.
  base::Result<void> open(std::initializer_list<int> signals);
  /// The number of the next signal.
  loop::Task<int> next();

 private:
  std::unique_ptr<loop::Descriptor> descriptor_;
};

}  // namespace tandem::app
