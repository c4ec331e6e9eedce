#include "engine/loop/descriptor.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

#include "engine/loop/drive.h"

namespace tandem::loop {
namespace {

using std::chrono::seconds;

class Sockets {
 public:
  Sockets() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0);
    mine = std::make_unique<Descriptor>(fds[0]);
    theirs = fds[1];
  }
  ~Sockets() { close_theirs(); }
  void close_theirs() {
    if (theirs >= 0) ::close(std::exchange(theirs, -1));
  }
  void send(std::string_view text) const { EXPECT_EQ(::write(theirs, text.data(), text.size()), ssize_t(text.size())); }
  std::string receive() const {
    std::array<char, 64> room;
    const ssize_t got = ::read(mine->fd(), room.data(), room.size());
    return got > 0 ? std::string(room.data(), static_cast<std::size_t>(got)) : std::string();
  }
  std::unique_ptr<Descriptor> mine;
  int theirs = -1;
};

Task<void> wait_to_read(Descriptor& d, TimePoint deadline, std::string* log) {
  const Wake wake = co_await d.readable(deadline);
  log->append(wake == Wake::kReady ? "ready " : "timeout ");
}
Task<void> wait_to_write(Descriptor& d, TimePoint deadline, std::string* log) {
  const Wake wake = co_await d.writable(deadline);
  log->append(wake == Wake::kReady ? "writable " : "full ");
}

TEST(Descriptor, WakesTheReaderWhenBytesArrive) {
  Loop loop(Loop::ClockKind::kManual);
  const Sockets sockets;
  std::string log;
  Scope scope;
  scope.spawn(wait_to_read(*sockets.mine, kNever, &log));
  turn(2);
  EXPECT_EQ(log, "");
  sockets.send("x");
  turn();
  EXPECT_EQ(log, "ready ");
  EXPECT_EQ(scope.size(), 0U);
  EXPECT_EQ(sockets.receive(), "x");
}

TEST(Descriptor, RemembersReadinessUntilDrained) {
  Loop loop(Loop::ClockKind::kManual);
  const Sockets sockets;
  std::string log;
  Scope scope;
  sockets.send("xy");
  scope.spawn(wait_to_read(*sockets.mine, kNever, &log));
  turn();
  scope.spawn(wait_to_read(*sockets.mine, kNever, &log));
  EXPECT_EQ(log, "ready ready ");
  EXPECT_EQ(sockets.receive(), "xy");
  sockets.mine->drained();
  EXPECT_FALSE(sockets.mine->may_read());
  scope.spawn(wait_to_read(*sockets.mine, kNever, &log));
  turn(2);
  EXPECT_EQ(log, "ready ready ");
  sockets.send("z");
  turn();
  EXPECT_EQ(log, "ready ready ready ");
}

TEST(Descriptor, TimesOutAndCanBeWaitedForAgain) {
  Loop loop(Loop::ClockKind::kManual);
  const Sockets sockets;
  std::string log;
  Scope scope;
  scope.spawn(wait_to_read(*sockets.mine, loop.now() + seconds(2), &log));
  loop.advance(seconds(1));
  EXPECT_EQ(log, "");
  loop.advance(seconds(1));
  EXPECT_EQ(log, "timeout ");
  scope.spawn(wait_to_read(*sockets.mine, loop.now() + seconds(5), &log));
  loop.advance(seconds(4));
  sockets.send("x");
  turn();
  EXPECT_EQ(log, "timeout ready ");
}

TEST(Descriptor, AnEarlierDeadlineOfADoneWaitDoesNotEndALaterOne) {
  Loop loop(Loop::ClockKind::kManual);
  const Sockets sockets;
  std::string log;
  Scope scope;
  scope.spawn(wait_to_read(*sockets.mine, loop.now() + seconds(2), &log));
  sockets.send("x");
  turn();
  (void)sockets.receive();
  sockets.mine->drained();
  scope.spawn(wait_to_read(*sockets.mine, loop.now() + seconds(10), &log));
  loop.advance(seconds(9));
  EXPECT_EQ(log, "ready ");
  loop.advance(seconds(1));
  EXPECT_EQ(log, "ready timeout ");
}

TEST(Descriptor, ReaderAndWriterHaveDeadlinesOfTheirOwn) {
  Loop loop(Loop::ClockKind::kManual);
  const Sockets sockets;
  std::string log;
  Scope scope;
  scope.spawn(wait_to_write(*sockets.mine, kNever, &log));
  turn();
  EXPECT_EQ(log, "writable ");
  const std::string block(65536, 'x');
  while (::write(sockets.mine->fd(), block.data(), block.size()) > 0) {
  }
  sockets.mine->full();
  scope.spawn(wait_to_write(*sockets.mine, loop.now() + seconds(3), &log));
  scope.spawn(wait_to_read(*sockets.mine, loop.now() + seconds(1), &log));
  loop.advance(seconds(1));
  EXPECT_EQ(log, "writable timeout ");
  loop.advance(seconds(2));
  EXPECT_EQ(log, "writable timeout full ");
}

TEST(Descriptor, AWaitingTaskMayBeDestroyed) {
  Loop loop(Loop::ClockKind::kManual);
  const Sockets sockets;
  std::string log;
  {
    Scope scope;
    scope.spawn(wait_to_read(*sockets.mine, loop.now() + seconds(1), &log));
    turn();
  }
  sockets.send("x");
  loop.advance(seconds(2));
  EXPECT_EQ(log, "");
}

Task<void> destroy_when_read(std::unique_ptr<Descriptor>& d, std::string* log) {
  (void)co_await d->readable(kNever);
  log->append("gone ");
  d.reset();
}

TEST(Descriptor, MayBeDestroyedByTheTaskItWakes) {
  Loop loop(Loop::ClockKind::kManual);
  Sockets sockets;
  std::string log;
  Scope scope;
  scope.spawn(destroy_when_read(sockets.mine, &log));
  sockets.mine->watch_hangup({[](void* text) { static_cast<std::string*>(text)->append("hangup "); }, &log});
  sockets.close_theirs();
  turn(2);
  EXPECT_EQ(log, "gone ");
}

TEST(Descriptor, OneDestroyedInATurnGetsNoEventsOfThatTurn) {
  Loop loop(Loop::ClockKind::kManual);
  Sockets one;
  Sockets other;
  std::string log;
  Scope scope;
  // Whichever is served first destroys the other one's waiter and descriptor.
  struct Killer {
    static Task<void> run(Sockets& mine, Sockets& victim, std::string* text) {
      (void)co_await mine.mine->readable(kNever);
      text->append("woke ");
      if (victim.mine != nullptr) victim.mine->close();
    }
  };
  scope.spawn(Killer::run(one, other, &log));
  scope.spawn(Killer::run(other, one, &log));
  turn();
  one.send("x");
  other.send("x");
  turn(3);
  EXPECT_EQ(log, "woke ");
}

TEST(Descriptor, OneClosedWhileAChildHasACopyGetsNoEvents) {
  Loop loop(Loop::ClockKind::kManual);
  loop.expect_forks();
  Sockets sockets;
  std::string log;
  Scope scope;
  scope.spawn(wait_to_read(*sockets.mine, kNever, &log));
  turn(2);
  const int copy = ::dup(sockets.mine->fd());
  scope.cancel();
  sockets.mine = nullptr;
  sockets.send("x");
  turn(2);
  EXPECT_EQ(log, "");
  ::close(copy);
}

TEST(Descriptor, HangupIsReportedOnceAndOnlyWhileWatched) {
  Loop loop(Loop::ClockKind::kManual);
  Sockets sockets;
  int hangups = 0;
  const HangupWatch watch{[](void* count) { ++*static_cast<int*>(count); }, &hangups};
  sockets.mine->watch_hangup(watch);
  sockets.send("x");
  turn();
  EXPECT_EQ(hangups, 0);
  sockets.close_theirs();
  turn(2);
  EXPECT_EQ(hangups, 1);
  EXPECT_TRUE(sockets.mine->ended());
  turn(2);
  EXPECT_EQ(hangups, 1);
}

TEST(Descriptor, AWatchThatWasTakenBackIsSilent) {
  Loop loop(Loop::ClockKind::kManual);
  Sockets sockets;
  int hangups = 0;
  sockets.mine->watch_hangup({[](void* count) { ++*static_cast<int*>(count); }, &hangups});
  sockets.mine->watch_hangup({});
  sockets.close_theirs();
  turn(2);
  EXPECT_EQ(hangups, 0);
}

TEST(Descriptor, AHangupSeenBeforeTheWatchIsReportedToo) {
  Loop loop(Loop::ClockKind::kManual);
  Sockets sockets;
  std::string log;
  Scope scope;
  scope.spawn(wait_to_read(*sockets.mine, kNever, &log));
  sockets.close_theirs();
  turn(2);
  EXPECT_EQ(log, "ready ");
  int hangups = 0;
  sockets.mine->watch_hangup({[](void* count) { ++*static_cast<int*>(count); }, &hangups});
  EXPECT_EQ(hangups, 0);
  turn(2);
  EXPECT_EQ(hangups, 1);
}

TEST(Descriptor, ReleasedItStaysOpenAndIsNotServedAnyMore) {
  Loop loop(Loop::ClockKind::kManual);
  const Sockets sockets;
  std::string log;
  Scope scope;
  scope.spawn(wait_to_read(*sockets.mine, kNever, &log));
  turn();
  const int fd = sockets.mine->release();
  EXPECT_GE(fd, 0);
  sockets.send("x");
  turn(2);
  EXPECT_EQ(log, "");
  ::close(fd);
}

Task<void> nap(Nanoseconds time, std::string* log) {
  co_await sleep_for(time);
  log->append("awake ");
}

TEST(Sleep, EndsAtItsDeadlineOrWithItsTask) {
  Loop loop(Loop::ClockKind::kManual);
  std::string log;
  Scope scope;
  scope.spawn(nap(seconds(1), &log));
  loop.advance(seconds(1));
  EXPECT_EQ(log, "awake ");
  scope.spawn(nap(seconds(1), &log));
  scope.cancel();
  loop.advance(seconds(5));
  EXPECT_EQ(log, "awake ");
}

}  // namespace
}  // namespace tandem::loop
