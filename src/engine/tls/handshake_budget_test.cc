#include "engine/tls/handshake_budget.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/loop/drive.h"

namespace tandem::tls {
namespace {

loop::Task<void> work(int number, loop::Nanoseconds cost, std::vector<int>* done) {
  HandshakeBudget& budget = HandshakeBudget::local();
  co_await budget.wait();
  budget.spend(cost);
  done->push_back(number);
}

TEST(HandshakeBudget, ATurnEndsWhenItsTimeIsSpentAndTheRestComesInOrder) {
  loop::Loop loop(loop::Loop::ClockKind::kManual);
  loop.advance(std::chrono::hours(1));
  std::vector<int> done;
  loop::Scope scope;
  const auto half = HandshakeBudget::kPerTurn / 2;
  for (int i = 0; i < 5; ++i) scope.spawn(work(i, half, &done));
  EXPECT_EQ(done, (std::vector<int>{0, 1}));
  loop.advance(loop::Nanoseconds(1));
  EXPECT_EQ(done, (std::vector<int>{0, 1, 2, 3}));
  loop.advance(loop::Nanoseconds(1));
  EXPECT_EQ(done, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(HandshakeBudget, OneThatGivesUpLeavesTheQueue) {
  loop::Loop loop(loop::Loop::ClockKind::kManual);
  loop.advance(std::chrono::hours(2));
  std::vector<int> done;
  loop::Scope first;
  loop::Scope gives_up;
  loop::Scope last;
  first.spawn(work(0, HandshakeBudget::kPerTurn, &done));
  gives_up.spawn(work(1, HandshakeBudget::kPerTurn, &done));
  last.spawn(work(2, HandshakeBudget::kPerTurn, &done));
  gives_up.cancel();
  loop.advance(loop::Nanoseconds(1));
  EXPECT_EQ(done, (std::vector<int>{0, 2}));
}

}  // namespace
}  // namespace tandem::tls
