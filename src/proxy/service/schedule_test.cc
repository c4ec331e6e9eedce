#include "proxy/service/schedule.h"

#include <gtest/gtest.h>

namespace tandem::service {
namespace {

std::string order_of(std::vector<std::int64_t> weights) {
  std::string out;
  for (const std::uint16_t child : earliest_deadline_first(weights)) out += static_cast<char>('a' + child);
  return out;
}

TEST(Schedule, EqualChildrenTakeTurns) { EXPECT_EQ(order_of({1, 1, 1}), "abc"); }
TEST(Schedule, CommonDivisorsDoNotMatter) { EXPECT_EQ(order_of({20, 10}), order_of({2, 1})); }
TEST(Schedule, HeavyChildIsInterruptedLate) { EXPECT_EQ(order_of({5, 1}), "aaaaab"); }
TEST(Schedule, SimilarWeightsAlternate) { EXPECT_EQ(order_of({4, 3}), "ababaab"); }
TEST(Schedule, ThreeWeightsMixSmoothly) { EXPECT_EQ(order_of({4, 2, 1}), "aabaabc"); }

TEST(Schedule, HugeWeightsAreScaledDown) {
  const auto order = earliest_deadline_first(std::vector<std::int64_t>{1'000'000'007, 500'000'003, 1});
  EXPECT_LE(order.size(), kLongestPeriod);
  const auto first = std::ranges::count(order, 0);
  const auto second = std::ranges::count(order, 1);
  EXPECT_NEAR(static_cast<double>(first) / static_cast<double>(second), 2.0, 0.01);
  EXPECT_EQ(std::ranges::count(order, 2), 1);
}

TEST(Schedule, RepeatsAfterOnePeriod) {
  const Schedule schedule(std::vector<std::int64_t>{2, 1});
  std::string out;
  for (int i = 0; i < 6; ++i) out += static_cast<char>('a' + schedule.next());
  EXPECT_EQ(out, "aabaab");
}

TEST(Schedule, WorkersStartSpreadOverThePeriod) {
  loop::set_worker_count(3);
  const Schedule schedule(std::vector<std::int64_t>{1, 1, 1});
  std::string firsts;
  for (std::size_t worker = 0; worker < 3; ++worker) {
    loop::set_worker_index(worker);
    firsts += static_cast<char>('a' + schedule.next());
  }
  loop::set_worker_index(0);
  loop::set_worker_count(1);
  EXPECT_EQ(firsts, "abc");
}

}  // namespace
}  // namespace tandem::service
