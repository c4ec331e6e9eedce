#pragma once

// Budget: how often a peer may do something that costs us more than it costs the peer. A bucket that fills with time.
// One core; a plain value of a session.

#include <algorithm>

#include "engine/loop/loop.h"

namespace tandem::http2 {

class Budget {
 public:
  Budget(double burst, double each_second) : left_(burst), burst_(burst), rate_(each_second) {}

  /// Takes one; false when nothing is left.
  bool take(loop::TimePoint now) {
    if (since_ != loop::TimePoint{}) {
      left_ = std::min(burst_, left_ + rate_ * std::chrono::duration<double>(now - since_).count());
    }
    since_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  double left_;
  double burst_;
  double rate_;
  loop::TimePoint since_{};
};

}  // namespace tandem::http2
