#include "proxy/middleware/hash_pool.h"

#include <gtest/gtest.h>

#include "engine/loop/scope.h"

namespace tandem::middleware {
namespace {

constexpr std::string_view kHash = "$apr1$yF5nFC2p$X5.J72gNho41vUVwaYu6r0";

loop::Task<void> check(HashPool& pool, std::string_view password, std::optional<bool>& result) {
  result = co_await pool.check(password, kHash);
}

TEST(HashPool, ResumesOnTheLoopWithTheResult) {
  loop::Loop loop;
  HashPool pool;
  loop::Scope scope;
  std::optional<bool> right;
  std::optional<bool> wrong;
  scope.spawn(check(pool, "wonder", right));
  scope.spawn(check(pool, "Wonder", wrong));
  while (scope.size() > 0) loop.run_once(loop::kNever);
  EXPECT_EQ(right, true);
  EXPECT_EQ(wrong, false);
}

TEST(HashPool, ForgetsWhoeverIsGone) {
  loop::Loop loop;
  HashPool pool;
  std::optional<bool> result;
  {
    loop::Scope scope;
    for (int i = 0; i < 50; ++i) scope.spawn(check(pool, "wonder", result));
  }
  std::optional<bool> later;
  loop::Scope scope;
  scope.spawn(check(pool, "wonder", later));
  while (scope.size() > 0) loop.run_once(loop::kNever);
  EXPECT_EQ(result, std::nullopt);
  EXPECT_EQ(later, true);
}

TEST(HashPool, RefusesWhatWouldWaitTooLong) {
  loop::Loop loop;
  HashPool pool;
  std::vector<std::optional<bool>> results(4 * HashPool::kLongestQueue);
  loop::Scope scope;
  for (auto& result : results) scope.spawn(check(pool, "wonder", result));
  const std::size_t waiting = scope.size();
  EXPECT_LT(waiting, results.size());
  while (scope.size() > 0) loop.run_once(loop::kNever);
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(results, std::optional<bool>(true))), waiting);
}

}  // namespace
}  // namespace tandem::middleware
