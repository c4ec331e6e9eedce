#include "engine/loop/loop.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/loop/drive.h"

namespace tandem::loop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

/// A timer that notes its name when it fires.
struct Note {
  Note(std::vector<std::string>& log, std::string text) : into(log), name(std::move(text)) {}
  std::vector<std::string>& into;
  std::string name;
  Timer timer{[](void* self) {
                auto& note = *static_cast<Note*>(self);
                note.into.push_back(note.name);
              },
              this};
};

TEST(Timer, FiresInTheOrderOfDeadlines) {
  Loop loop(Loop::ClockKind::kManual);
  std::vector<std::string> log;
  Note c(log, "c");
  Note a(log, "a");
  Note b(log, "b");
  c.timer.arm(loop.now() + seconds(3));
  a.timer.arm(loop.now() + seconds(1));
  b.timer.arm(loop.now() + seconds(2));
  loop.advance(milliseconds(999));
  EXPECT_THAT(log, ElementsAre());
  loop.advance(milliseconds(1));
  EXPECT_THAT(log, ElementsAre("a"));
  loop.advance(seconds(10));
  EXPECT_THAT(log, ElementsAre("a", "b", "c"));
  loop.advance(seconds(10));
  EXPECT_EQ(log.size(), 3U);
}

TEST(Timer, CanBeMovedBothWaysAndDisarmed) {
  Loop loop(Loop::ClockKind::kManual);
  std::vector<std::string> log;
  Note later(log, "later");
  Note sooner(log, "sooner");
  Note never(log, "never");
  const TimePoint start = loop.now();
  later.timer.arm(start + seconds(1));
  later.timer.arm(start + seconds(5));
  sooner.timer.arm(start + seconds(9));
  sooner.timer.arm(start + seconds(2));
  never.timer.arm(start + seconds(1));
  never.timer.disarm();
  loop.advance(seconds(1));
  EXPECT_THAT(log, ElementsAre());
  loop.advance(seconds(1));
  EXPECT_THAT(log, ElementsAre("sooner"));
  loop.advance(seconds(3));
  EXPECT_THAT(log, ElementsAre("sooner", "later"));
  never.timer.arm(start + seconds(6));
  loop.advance(seconds(1));
  EXPECT_THAT(log, ElementsAre("sooner", "later", "never"));
}

TEST(Timer, MayBeDestroyedWhileArmedAndInsideACallback) {
  Loop loop(Loop::ClockKind::kManual);
  struct Killer {
    std::vector<std::unique_ptr<Timer>>* victims;
    Timer timer{[](void* self) { static_cast<Killer*>(self)->victims->clear(); }, this};
  };
  std::vector<std::unique_ptr<Timer>> victims;
  int fired = 0;
  for (int i = 0; i < 100; ++i) {
    victims.push_back(std::make_unique<Timer>([](void* count) { ++*static_cast<int*>(count); }, &fired));
    victims.back()->arm(loop.now() + seconds(1 + (i * 37) % 50));
  }
  for (std::size_t i = 0; i < victims.size(); i += 2) victims[i].reset();
  Killer killer{&victims};
  killer.timer.arm(loop.now() + seconds(25));
  loop.advance(seconds(100));
  EXPECT_GT(fired, 0);
  EXPECT_LT(fired, 50);
}

TEST(Timer, ManyDeadlinesInAnyOrderFireSorted) {
  Loop loop(Loop::ClockKind::kManual);
  struct Mark {
    explicit Mark(std::vector<TimePoint>* into) : log(into) {}
    std::vector<TimePoint>* log;
    Timer timer{[](void* self) { static_cast<Mark*>(self)->log->push_back(Loop::current().now()); }, this};
  };
  std::vector<TimePoint> log;
  std::vector<std::unique_ptr<Mark>> marks;
  unsigned random = 12345;
  for (int i = 0; i < 500; ++i) {
    marks.push_back(std::make_unique<Mark>(&log));
    random = random * 1103515245U + 12345U;
    marks.back()->timer.arm(loop.now() + milliseconds(random % 10000));
    if (i % 3 == 0) marks[static_cast<std::size_t>(i / 2)]->timer.arm(loop.now() + milliseconds(random % 7919));
  }
  loop.advance(seconds(20));
  EXPECT_EQ(log.size(), 500U);
  EXPECT_TRUE(std::ranges::is_sorted(log));
}

TEST(Timer, OutlivesItsLoop) {
  int fired = 0;
  Timer timer([](void* count) { ++*static_cast<int*>(count); }, &fired);
  {
    Loop loop(Loop::ClockKind::kManual);
    timer.arm(loop.now() + seconds(1));
  }
  Loop next(Loop::ClockKind::kManual);
  timer.arm(next.now() + seconds(2));
  next.advance(seconds(2));
  EXPECT_EQ(fired, 1);
}

TEST(Loop, DeferredWorkRunsInOrderButNotAtOnce) {
  Loop loop(Loop::ClockKind::kManual);
  std::vector<int> log;
  loop.defer([&] {
    log.push_back(1);
    loop.defer([&] { log.push_back(3); });
  });
  loop.defer([&] { log.push_back(2); });
  EXPECT_TRUE(log.empty());
  turn(2);
  EXPECT_THAT(log, ElementsAre(1, 2, 3));
}

TEST(Loop, PostedWorkOfOtherThreadsRunsHereInOrder) {
  Loop loop;
  std::vector<int> log;
  const auto here = std::this_thread::get_id();
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) {
      loop.post([&, i] {
        EXPECT_EQ(std::this_thread::get_id(), here);
        log.push_back(i);
      });
    }
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  other.join();
  EXPECT_EQ(log.size(), 100U);
  EXPECT_TRUE(std::ranges::is_sorted(log));
}

TEST(Loop, WorkPostedByPostedWorkIsNotLost) {
  Loop loop;
  int depth = 0;
  struct Chain {
    static void step(Loop& on, int& count) {
      if (++count == 50) return on.stop();
      on.post([&on, &count] { step(on, count); });
    }
  };
  loop.post([&] { Chain::step(loop, depth); });
  loop.run();
  EXPECT_EQ(depth, 50);
}

TEST(Loop, BelongsToTheThreadThatMakesItItsOwn) {
  Loop loop(Loop::ClockKind::kReal, Loop::Bind::kLater);
  EXPECT_EQ(Loop::current_or_null(), nullptr);
  std::thread other([&] {
    const Loop::Here here(loop);
    EXPECT_EQ(&Loop::current(), &loop);
  });
  other.join();
  {
    Loop inner;
    EXPECT_EQ(&Loop::current(), &inner);
  }
  EXPECT_EQ(Loop::current_or_null(), nullptr);
}

}  // namespace
}  // namespace tandem::loop
