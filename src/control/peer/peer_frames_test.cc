#include "control/peer/peer_frames.h"

#include <gtest/gtest.h>

#include "config/format/json_fields.h"
#include "control/peer/peer_heartbeat.h"

namespace tandem::peer {
namespace {

using boost::json::object;
using format::text_in;
using format::whole_in;
using Got = PeerFrameReader::Got;

TEST(PeerFrames, MessagesComeInPieces) {
  const std::string bytes = peer_frame({{"type", "hello"}}) + std::string(sign_of_life()) + peer_frame({{"n", 2}});
  PeerFrameReader reader(kLongestGreeting);
  std::vector<object> messages;
  for (const char each : bytes) {
    reader.feed({&each, 1});
    object message;
    while (reader.next(message) == Got::kMessage) messages.push_back(message);
  }
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(text_in(messages[0], "type"), "hello");
  EXPECT_EQ(whole_in(messages[1], "n"), 2U);
  EXPECT_EQ(reader.held(), 0U);
}

TEST(PeerFrames, ALengthBeyondTheLimitIsNotWaitedFor) {
  PeerFrameReader reader(kLongestGreeting);
  object message;
  reader.feed(std::string_view("\0\1\0\0", 4));
  EXPECT_EQ(reader.next(message), Got::kBroken);
  reader.feed(peer_frame({{"n", 1}}));
  EXPECT_EQ(reader.next(message), Got::kBroken);
}

TEST(PeerFrames, WhatIsNoObjectBreaksTheConnection) {
  for (const std::string_view text : {"[1]", "{\"a\":", "true ", "\xff\xff"}) {
    PeerFrameReader reader(kLongestGreeting);
    std::string bytes(3, '\0');
    bytes.push_back(static_cast<char>(text.size()));
    reader.feed(bytes.append(text));
    object message;
    EXPECT_EQ(reader.next(message), Got::kBroken) << text;
  }
}

TEST(PeerFrames, WhatIsTooLongIsNotSent) {
  EXPECT_TRUE(peer_frame({{"text", std::string(kLongestPeerMessage, 'x')}}).empty());
}

TEST(Heartbeat, OnlyTheOtherEndOpensIt) {
  HeartbeatKeys ours;
  ours.ours.fill(1);
  ours.theirs.fill(2);
  ours.session = 0x1122334455667788;
  HeartbeatKeys theirs = ours;
  std::swap(theirs.ours, theirs.theirs);
  const HeartbeatPacket packet = seal_heartbeat(ours, 7);
  const std::string bytes(reinterpret_cast<const char*>(packet.data()), packet.size());
  EXPECT_EQ(heartbeat_session(bytes), ours.session);
  EXPECT_EQ(open_heartbeat(theirs, bytes), 7U);
  EXPECT_FALSE(open_heartbeat(ours, bytes));  // sent back to its maker
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string wrong = bytes;
    wrong[i] = static_cast<char>(wrong[i] ^ 1);
    EXPECT_FALSE(open_heartbeat(theirs, wrong)) << i;
  }
  EXPECT_FALSE(heartbeat_session(std::string_view(bytes).substr(1)));
}

}  // namespace
}  // namespace tandem::peer
