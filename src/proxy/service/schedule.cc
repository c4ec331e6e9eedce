#include "proxy/service/schedule.h"

#include <numeric>
#include <queue>

namespace tandem::service {

namespace {

std::vector<std::int64_t> reduced(std::span<const std::int64_t> weights) {
  std::int64_t divisor = 0;
  for (const std::int64_t weight : weights) divisor = std::gcd(divisor, weight);
  std::vector<std::int64_t> out;
  double sum = 0;
  for (const std::int64_t weight : weights) {
    out.push_back(weight / divisor);
    sum += static_cast<double>(out.back());
  }
  // Rounding down, but to 1 at least: with fewer children than half the limit the sum stays below it.
  const double limit = static_cast<double>(kLongestPeriod) / 2;
  if (sum > static_cast<double>(kLongestPeriod)) {
    for (std::int64_t& weight : out) {
      weight = std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(weight) * limit / sum));
    }
  }
  return out;
}

struct Due {
  std::int64_t turn;  // the deadline is turn / weight
  std::int64_t weight;
  std::uint16_t child;
  /// std::priority_queue gives the greatest: the one with the earliest deadline, then the first in order.
  bool operator<(const Due& other) const {
    const std::int64_t mine = turn * other.weight;
    const std::int64_t theirs = other.turn * weight;
    return mine != theirs ? mine > theirs : child > other.child;
  }
};

}  // namespace

std::vector<std::uint16_t> earliest_deadline_first(std::span<const std::int64_t> weights) {
  const std::vector<std::int64_t> shares = reduced(weights);
  std::priority_queue<Due> queue;
  std::int64_t length = 0;
  for (std::size_t child = 0; child < shares.size(); ++child) {
    queue.push({1, shares[child], static_cast<std::uint16_t>(child)});
    length += shares[child];
  }
  std::vector<std::uint16_t> period;
  period.reserve(static_cast<std::size_t>(length));
  while (length-- > 0) {
    Due due = queue.top();
    queue.pop();
    period.push_back(due.child);
    ++due.turn;
    queue.push(due);
  }
  return period;
}

Schedule::Schedule(std::span<const std::int64_t> weights) : period_(earliest_deadline_first(weights)) {
  const std::size_t workers = loop::worker_count();
  for (std::size_t worker = 0; worker < workers; ++worker) {
    position_.of(worker) = static_cast<std::uint32_t>(worker * period_.size() / workers);
  }
}

}  // namespace tandem::service
