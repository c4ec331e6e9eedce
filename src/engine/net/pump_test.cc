#include "engine/net/pump.h"

#include <gmock/gmock.h>

#include <optional>

#include "engine/loop/drive.h"
#include "engine/net/buffer.h"
#include "engine/net/stream_pair.h"

namespace tandem::net {
namespace {

using loop::Loop;
using loop::turn;

std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  return out;
}

TEST(WriteAll, WritesMoreThanTheSocketHolds) {
  Loop loop(Loop::ClockKind::kManual);
  StreamPair pair;
  const std::string bytes = pattern(3 << 20);
  std::optional<bool> written;
  loop::Scope scope;
  scope.spawn(loop::store_into(write_all(*pair.stream, bytes, loop::kNever), &written));
  EXPECT_FALSE(written);
  std::string got;
  loop::turn_until([&] {
    got += pair.receive();
    return written.has_value();
  });
  got += pair.receive();
  EXPECT_TRUE(*written);
  EXPECT_EQ(got, bytes);
}

TEST(WriteAll, JoinsPiecesAndSkipsEmptyOnes) {
  Loop loop(Loop::ClockKind::kManual);
  StreamPair pair;
  char a[] = "ab";
  char c[] = "cd";
  std::array<iovec, 4> pieces = {iovec{a, 0}, iovec{a, 2}, iovec{c, 0}, iovec{c, 2}};
  EXPECT_TRUE(loop::drive(write_all(*pair.stream, std::span<iovec>(pieces), loop::kNever)));
  EXPECT_EQ(pair.receive(), "abcd");
  EXPECT_TRUE(loop::drive(write_all(*pair.stream, std::span<iovec>(), loop::kNever)));
}

TEST(WriteAll, FailsAtItsDeadlineAndOnABrokenStream) {
  Loop loop(Loop::ClockKind::kManual);
  StreamPair pair;
  const std::string bytes = pattern(4 << 20);
  std::optional<bool> written;
  loop::Scope scope;
  scope.spawn(loop::store_into(write_all(*pair.stream, bytes, loop.now() + std::chrono::seconds(1)), &written));
  loop.advance(std::chrono::seconds(1));
  EXPECT_THAT(written, testing::Optional(false));
  pair.close_peer();
  EXPECT_FALSE(loop::drive(write_all(*pair.stream, bytes, loop::kNever)));
}

TEST(Tunnel, MovesBytesBothWaysUntilBothEnd) {
  Loop loop(Loop::ClockKind::kManual);
  StreamPair left;
  StreamPair right;
  bool ended = false;
  loop::Scope scope;
  scope.spawn(loop::note_end_of(tunnel(*left.stream, *right.stream), &ended));
  left.send("to the right");
  right.send("to the left");
  turn(3);
  EXPECT_EQ(right.receive(), "to the right");
  EXPECT_EQ(left.receive(), "to the left");
  left.finish_sending();
  turn(3);
  (void)right.receive();
  EXPECT_TRUE(right.ended);
  EXPECT_FALSE(ended);
  right.send("still open this way");
  turn(3);
  EXPECT_EQ(left.receive(), "still open this way");
  right.finish_sending();
  turn(3);
  EXPECT_TRUE(ended);
}

TEST(Tunnel, KeepsTheOrderOfManyBytesUnderBackPressure) {
  Loop loop(Loop::ClockKind::kManual);
  StreamPair left;
  StreamPair right;
  bool ended = false;
  loop::Scope scope;
  scope.spawn(loop::note_end_of(tunnel(*left.stream, *right.stream), &ended));
  const std::string bytes = pattern(5 << 20);
  std::size_t sent = 0;
  std::string got;
  for (int idle = 0; got.size() < bytes.size() && idle < 100000; ++idle) {
    if (sent < bytes.size()) sent += left.send(std::string_view(bytes).substr(sent, 100000));
    turn();
    if (idle % 3 == 0) got += right.receive();
  }
  EXPECT_EQ(got, bytes);
}

TEST(Tunnel, EndsWhenOneStreamBreaks) {
  Loop loop(Loop::ClockKind::kManual);
  StreamPair left;
  StreamPair right;
  bool ended = false;
  loop::Scope scope;
  scope.spawn(loop::note_end_of(tunnel(*left.stream, *right.stream), &ended));
  right.close_peer();
  turn(3);
  left.send("nobody reads this");
  turn(5);
  EXPECT_TRUE(ended);
}

TEST(Tunnel, MayBeDestroyedAtAnyMoment) {
  Loop loop(Loop::ClockKind::kManual);
  StreamPair left;
  StreamPair right;
  bool ended = false;
  {
    loop::Scope scope;
    scope.spawn(loop::note_end_of(tunnel(*left.stream, *right.stream), &ended));
    const std::string much = pattern(1 << 20);
    left.send(much);
    turn(3);
  }
  left.send("x");
  turn(3);
  EXPECT_FALSE(ended);
}

TEST(Buffer, GrowsKeepsAndGivesBack) {
  Buffer buffer;
  EXPECT_TRUE(buffer.empty());
  const std::string bytes = pattern(200000);
  std::size_t at = 0;
  std::string used;
  unsigned step = 1;
  while (used.size() < bytes.size()) {
    std::span<char> room = buffer.prepare();
    ASSERT_FALSE(room.empty());
    const std::size_t size = std::min({room.size(), bytes.size() - at, std::size_t{step * 997 % 5000 + 1}});
    std::copy_n(bytes.data() + at, size, room.data());
    buffer.filled(size);
    at += size;
    const std::size_t eaten =
        at == bytes.size() ? buffer.size() : std::min(buffer.size(), std::size_t{step * 331 % 4000});
    used.append(buffer.view().substr(0, eaten));
    buffer.consume(eaten);
    ++step;
  }
  EXPECT_EQ(used, bytes);
  EXPECT_TRUE(buffer.empty());
  buffer.release();
  EXPECT_EQ(buffer.prepare(Buffer::kSmall + 1).size(), Buffer::kLarge);
}

TEST(Buffer, AppendedBytesStandBehindOthersHoweverManyThereAre) {
  Buffer buffer;
  buffer.append("");
  EXPECT_TRUE(buffer.empty());
  std::string want;
  for (const std::size_t size : {std::size_t{1}, std::size_t{2000}, std::size_t{0}, Buffer::kLarge, Buffer::kSmall}) {
    const std::string bytes = pattern(size);
    buffer.append(bytes, size);
    want += bytes;
    EXPECT_EQ(buffer.view(), want);
  }
  buffer.consume(Buffer::kLarge);
  buffer.append("end");
  EXPECT_EQ(buffer.view(), want.substr(Buffer::kLarge) + "end");
}

TEST(Buffer, AnEmptyOneTakesMoreMemoryWhenMoreIsExpected) {
  Buffer buffer;
  EXPECT_LT(buffer.prepare(10).size(), Buffer::kSmall);
  EXPECT_EQ(buffer.prepare().size(), Buffer::kSmall);
  EXPECT_EQ(buffer.prepare(Buffer::kLarge).size(), Buffer::kLarge);
  buffer.filled(3);
  const Buffer moved = std::move(buffer);
  EXPECT_EQ(moved.size(), 3U);
}

TEST(Connect, ReportsRefusalAndSucceedsWhereSomebodyListens) {
  Loop loop;
  const int listening = listen_tcp(Address(*IpAddress::parse("127.0.0.1"), 0), {}).value();
  const Address at = local_address(listening);
  Acceptor acceptor(listening);
  EXPECT_EQ(acceptor.try_accept().fd, -1);
  auto stream = loop::drive(connect(at, loop.now() + std::chrono::seconds(5)));
  ASSERT_TRUE(stream);
  int accepted = -1;
  loop::turn_until([&] { return (accepted = acceptor.try_accept().fd) >= 0; });
  const SocketStream theirs(accepted);
  (*stream)->shutdown_write();
  EXPECT_EQ(at.ip().text(), "127.0.0.1");
  ::close(listening);
}

TEST(Connect, ToAClosedPortIsRefusedByTheUpstream) {
  Loop loop;
  const int listening = listen_tcp(Address(*IpAddress::parse("127.0.0.1"), 0), {}).value();
  const Address at = local_address(listening);
  ::close(listening);
  const auto stream = loop::drive(connect(at, loop.now() + std::chrono::seconds(5)));
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().kind(), base::ErrorKind::kRefused);
  EXPECT_EQ(stream.error().side(), base::Side::kUpstream);
}

}  // namespace
}  // namespace tandem::net
