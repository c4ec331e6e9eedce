#include "engine/loop/scope.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "engine/loop/drive.h"

namespace tandem::loop {
namespace {

using std::chrono::seconds;

/// Notes when it is destroyed.
struct Trace {
  explicit Trace(int* at) : count(at) { ++*count; }
  ~Trace() { --*count; }
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;
  int* count;
};

Task<void> sleeper(Nanoseconds time, int* alive) {
  const Trace trace(alive);
  co_await sleep_for(time);
}
Task<void> outer(Nanoseconds time, int* alive) {
  const Trace trace(alive);
  co_await sleeper(time, alive);
}
Task<void> join_and_note(Scope& scope, bool* joined) {
  co_await scope.join();
  *joined = true;
}

TEST(Scope, JoinWaitsForTheLastTask) {
  Loop loop(Loop::ClockKind::kManual);
  int alive = 0;
  bool joined = false;
  Scope tasks;
  Scope joiner;
  for (int i = 1; i <= 3; ++i) tasks.spawn(sleeper(seconds(i), &alive));
  EXPECT_EQ(alive, 3);
  joiner.spawn(join_and_note(tasks, &joined));
  loop.advance(seconds(2));
  EXPECT_EQ(alive, 1);
  EXPECT_EQ(tasks.size(), 1U);
  EXPECT_FALSE(joined);
  loop.advance(seconds(1));
  EXPECT_TRUE(joined);
  EXPECT_EQ(alive, 0);
}

TEST(Scope, JoiningAnEmptyOneDoesNotWait) {
  Loop loop(Loop::ClockKind::kManual);
  Scope empty;
  bool joined = false;
  drive(join_and_note(empty, &joined));
  EXPECT_TRUE(joined);
}

TEST(Scope, CancelDestroysTasksWithAllTheyAwait) {
  Loop loop(Loop::ClockKind::kManual);
  int alive = 0;
  Scope tasks;
  for (int i = 0; i < 5; ++i) tasks.spawn(outer(seconds(1), &alive));
  EXPECT_EQ(alive, 10);
  tasks.cancel();
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(tasks.size(), 0U);
  loop.advance(seconds(5));
}

TEST(Scope, AJoinerMayBeDestroyedBeforeTheTasksEnd) {
  Loop loop(Loop::ClockKind::kManual);
  int alive = 0;
  bool joined = false;
  Scope tasks;
  tasks.spawn(sleeper(seconds(1), &alive));
  {
    Scope joiner;
    joiner.spawn(join_and_note(tasks, &joined));
  }
  loop.advance(seconds(2));
  EXPECT_FALSE(joined);
  EXPECT_EQ(alive, 0);
}

TEST(Scope, TasksEndInAnyOrder) {
  Loop loop(Loop::ClockKind::kManual);
  int alive = 0;
  Scope tasks;
  for (const int i : {3, 1, 5, 2, 4, 0}) tasks.spawn(sleeper(seconds(i), &alive));
  EXPECT_EQ(alive, 5);  // nothing to wait for: it has ended already
  for (int left = 4; left >= 0; --left) {
    loop.advance(seconds(1));
    EXPECT_EQ(alive, left);
  }
}

Task<int> slow_number(Nanoseconds time, int* alive) {
  const Trace trace(alive);
  co_await sleep_for(time);
  co_return 7;
}
Task<void> race(Descriptor* watched, TimePoint deadline, int* alive, std::string* log) {
  Interruptible<int> interruptible(slow_number(seconds(5), alive), watched, deadline);
  const std::optional<int> number = co_await interruptible;
  if (number) log->append(std::to_string(*number));
  log->append(interruptible.ended() == Ended::kDone     ? " done"
              : interruptible.ended() == Ended::kHungUp ? " hung up"
                                                        : " timeout");
}

class InterruptibleTest : public testing::Test {
 protected:
  InterruptibleTest() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0);
    watched_.emplace(fds[0]);
    theirs_ = fds[1];
  }
  ~InterruptibleTest() override {
    if (theirs_ >= 0) ::close(theirs_);
  }
  Loop loop_{Loop::ClockKind::kManual};
  std::optional<Descriptor> watched_;
  int theirs_ = -1;
  int alive_ = 0;
  std::string log_;
  Scope scope_;
};

TEST_F(InterruptibleTest, GivesTheValueOfATaskThatEnds) {
  scope_.spawn(race(&*watched_, loop_.now() + seconds(9), &alive_, &log_));
  loop_.advance(seconds(5));
  EXPECT_EQ(log_, "7 done");
  ::close(std::exchange(theirs_, -1));
  loop_.advance(seconds(9));
  EXPECT_EQ(log_, "7 done");
}

TEST_F(InterruptibleTest, DestroysTheTaskAtTheDeadline) {
  scope_.spawn(race(&*watched_, loop_.now() + seconds(2), &alive_, &log_));
  EXPECT_EQ(alive_, 1);
  loop_.advance(seconds(2));
  EXPECT_EQ(alive_, 0);
  EXPECT_EQ(log_, " timeout");
}

TEST_F(InterruptibleTest, DestroysTheTaskWhenTheOtherSideGoes) {
  scope_.spawn(race(&*watched_, kNever, &alive_, &log_));
  ::close(std::exchange(theirs_, -1));
  turn(2);
  EXPECT_EQ(alive_, 0);
  EXPECT_EQ(log_, " hung up");
}

TEST_F(InterruptibleTest, MayBeDestroyedItself) {
  scope_.spawn(race(&*watched_, loop_.now() + seconds(2), &alive_, &log_));
  scope_.cancel();
  EXPECT_EQ(alive_, 0);
  ::close(std::exchange(theirs_, -1));
  loop_.advance(seconds(3));
  EXPECT_EQ(log_, "");
}

TEST(Task, ValuesPassThroughChainsOfTasks) {
  Loop loop(Loop::ClockKind::kManual);
  struct Sum {
    static Task<int> to(int n) {
      if (n == 0) co_return 0;
      const int rest = co_await to(n - 1);
      co_return n + rest;
    }
  };
  EXPECT_EQ(drive(Sum::to(100)), 5050);
}

TEST(Task, MoveOnlyValuesAreMoved) {
  Loop loop(Loop::ClockKind::kManual);
  struct Make {
    static Task<std::unique_ptr<int>> one() { co_return std::make_unique<int>(3); }
  };
  EXPECT_EQ(*drive(Make::one()), 3);
}

}  // namespace
}  // namespace tandem::loop
