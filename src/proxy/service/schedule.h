#pragma once

// Schedule: the order in which children of a weighted balancer get requests, computed once. Earliest deadline first:
// the k-th request of a child of weight w is due at k/w; the one that is due first is next. The order repeats after
// the sum of the weights, so choosing costs one increment: no lock, no allocation. Immutable except for each core's
// position; shared by all cores, owned by a balancer.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/loop/per_worker.h"

namespace tandem::service {

/// One period of the order for children of these weights (each > 0): the numbers of the children. Weights are reduced
/// by their common divisor, and scaled down (at the cost of exactness) where the period would be longer than
/// kLongestPeriod. Children that are due at the same time go in their order.
std::vector<std::uint16_t> earliest_deadline_first(std::span<const std::int64_t> weights);
constexpr std::size_t kLongestPeriod = 65536;

class Schedule {
 public:
  /// REQUIRES: weights are not empty, at most 65535 of them, each > 0. The workers start spread over the period, the
  /// first one at its beginning, so that together they reach all children.
  explicit Schedule(std::span<const std::int64_t> weights);

  /// The number of the child that gets the calling worker's next request.
  std::size_t next() const {
    std::uint32_t& at = position_.local();
    const std::size_t child = period_[at];
    if (++at == period_.size()) at = 0;
    return child;
  }

 private:
  std::vector<std::uint16_t> period_;
  loop::PerWorker<std::uint32_t> position_;
};

}  // namespace tandem::service
