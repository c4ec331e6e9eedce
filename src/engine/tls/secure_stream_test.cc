#include "engine/tls/secure_stream.h"

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include "engine/net/pump.h"
#include "engine/tls/fixture.h"
#include "engine/tls/self_signed.h"

namespace tandem::tls {
namespace {

using testing::HasSubstr;

class SecureStreamTest : public testing::Test {
 protected:
  loop::Loop loop_;
  CertificatePtr certificate_ = test_certificate("server");
};

TEST_F(SecureStreamTest, BytesArriveBothWays) {
  Shaken both = shake(server_settings(), client_settings(), certificate_);
  ASSERT_TRUE(both.ok()) << both.server_error << both.client_error;
  EXPECT_EQ(write_text(*both.client, "question").bytes(), 8U);
  EXPECT_EQ(read_some(*both.server), "question");
  EXPECT_EQ(write_text(*both.server, "answer").bytes(), 6U);
  EXPECT_EQ(read_some(*both.client), "answer");
  EXPECT_EQ(both.server->version(), "TLSv1.3");
  EXPECT_EQ(both.server->cipher(), "TLS_AES_128_GCM_SHA256");
}

TEST_F(SecureStreamTest, PiecesBecomeOneRecord) {
  Shaken both = shake(server_settings(), client_settings(), certificate_);
  const std::array<iovec, 3> pieces{iovec{const_cast<char*>("ab"), 2}, iovec{nullptr, 0},
                                    iovec{const_cast<char*>("cd"), 2}};
  EXPECT_EQ(both.server->try_write(pieces).bytes(), 4U);
  EXPECT_EQ(read_some(*both.client), "abcd");
}

TEST_F(SecureStreamTest, WhatASmallReaderLeavesIsReadableAtOnce) {
  Shaken both = shake(server_settings(), client_settings(), certificate_);
  write_text(*both.client, "one and two");
  std::array<char, 4> room;
  while (both.server->try_read(room).would_block()) loop::turn();
  const loop::Wake wake = loop::drive([](SecureStream& stream) -> loop::Task<loop::Wake> {
    const loop::Wake woken = co_await stream.readable(loop::Loop::current().now() + std::chrono::seconds(10));
    co_return woken;
  }(*both.server));
  EXPECT_EQ(wake, loop::Wake::kReady);
  EXPECT_EQ(read_some(*both.server), "and two");
}

loop::Task<void> read_all(SecureStream* from, std::size_t size, std::string* into) {
  std::array<char, 3000> room;
  while (into->size() < size) {
    const net::IoCount count = from->try_read(room);
    if (count.moved()) into->append(room.data(), count.bytes());
    if (count.failed() || count.ended()) co_return;
    if (count.would_block()) (void)co_await from->readable(loop::kNever);
  }
}

TEST_F(SecureStreamTest, MuchMoreThanTheSocketHoldsArrivesWhole) {
  Shaken both = shake(server_settings(), client_settings(), certificate_);
  std::string sent;
  for (int i = 0; sent.size() < 3'000'000; ++i) sent += std::to_string(i);
  std::string received;
  loop::Scope reader;
  reader.spawn(read_all(both.client.get(), sent.size(), &received));
  EXPECT_TRUE(loop::drive(net::write_all(*both.server, std::string_view(sent), loop::kNever)));
  loop::turn_until([&] { return received.size() >= sent.size(); });
  EXPECT_TRUE(received == sent);
}

TEST_F(SecureStreamTest, AWriteThatWaitsIsNotReportedAsDone) {
  Shaken both = shake(server_settings(), client_settings(), certificate_);
  const std::string block(65536, 'x');
  std::size_t taken = 0;
  for (;;) {
    const net::IoCount count = write_text(*both.server, block);
    if (count.would_block()) break;
    taken += count.bytes();
    if (count.bytes() < block.size()) break;
  }
  EXPECT_NE(taken % block.size(), 0U) << "the last byte is held back while ciphertext waits";
}

TEST_F(SecureStreamTest, CloseNotifyIsTheEnd) {
  Shaken both = shake(server_settings(), client_settings(), certificate_);
  both.client->shutdown_write();
  EXPECT_EQ(read_some(*both.server), "(end)");
  // The other direction goes on.
  write_text(*both.server, "late");
  EXPECT_EQ(read_some(*both.client), "late");
}

TEST_F(SecureStreamTest, CloseNotifyGoesWithTheLastWrite) {
  Shaken both = shake(server_settings(), client_settings(), certificate_);
  both.server->end_with_next_write();
  EXPECT_EQ(write_text(*both.server, "last").bytes(), 4U);
  EXPECT_EQ(read_some(*both.client), "last");
  EXPECT_EQ(read_some(*both.client), "(end)");
}

TEST_F(SecureStreamTest, AnEndBetweenRecordsIsAnEndWithoutCloseNotifyToo) {
  Shaken both = shake(server_settings(), client_settings(), certificate_);
  both.client->socket().shutdown_write();
  EXPECT_EQ(read_some(*both.server), "(end)");
}

/// One read that moves something into a large room.
std::string read_much(SecureStream& from) {
  std::string room(57344, '\0');
  for (;;) {
    const net::IoCount count = from.try_read(room);
    if (count.moved()) return room.substr(0, count.bytes());
    if (!count.would_block()) return count.ended() ? "(end)" : "(error)";
    loop::turn();
  }
}

TEST_F(SecureStreamTest, OneReadTakesSeveralFullRecords) {
  Shaken both = shake(server_settings(), client_settings(), certificate_);
  std::string sent;
  for (int i = 0; sent.size() < 50000; ++i) sent += std::to_string(i);
  EXPECT_EQ(write_text(*both.server, sent).bytes(), sent.size());
  constexpr std::size_t kThreeRecords = 49152;
  EXPECT_TRUE(read_much(*both.client) == sent.substr(0, kThreeRecords));
  EXPECT_TRUE(read_much(*both.client) == sent.substr(kThreeRecords));
}

TEST_F(SecureStreamTest, WhatComesRightBehindAFullRecordIsToldByTheNextRead) {
  const std::string record(16384, 'x');
  for (const std::string_view how : {"close_notify", "FIN", "garbage"}) {
    Shaken both = shake(server_settings(), client_settings(), certificate_);
    write_text(*both.server, record);
    if (how == "close_notify") both.server->shutdown_write();
    if (how == "FIN") both.server->socket().shutdown_write();
    if (how == "garbage") write_text(both.server->socket(), "no record at all");
    EXPECT_TRUE(read_much(*both.client) == record) << how;
    const loop::Wake wake = loop::drive([](SecureStream& stream) -> loop::Task<loop::Wake> {
      const loop::Wake woken = co_await stream.readable(loop::Loop::current().now() + std::chrono::seconds(10));
      co_return woken;
    }(*both.client));
    EXPECT_EQ(wake, loop::Wake::kReady) << how;
    EXPECT_EQ(read_much(*both.client), how == "garbage" ? "(error)" : "(end)") << how;
  }
}

TEST_F(SecureStreamTest, ADestroyedStreamSaysGoodbye) {
  Shaken both = shake(server_settings(), client_settings(), certificate_);
  both.server.reset();
  EXPECT_EQ(read_some(*both.client), "(end)");
}

TEST_F(SecureStreamTest, TheServersOrderChoosesTheProtocol) {
  EXPECT_EQ(
      shake(server_settings(), client_settings(), certificate_, "a.test", "\x08http/1.1\x02h2").client->protocol(),
      "h2");
  EXPECT_EQ(shake(server_settings(), client_settings(), certificate_).client->protocol(), "");
  EXPECT_FALSE(shake(server_settings(), client_settings(), certificate_, "a.test", "\x03xyz").ok());
}

TEST_F(SecureStreamTest, VersionsThatDoNotMeetAreRefused) {
  ServerSettings server = server_settings();
  server.min_version = TLS1_3_VERSION;
  ClientSettings client = client_settings();
  client.max_version = TLS1_2_VERSION;
  EXPECT_FALSE(shake(server, client, certificate_).ok());
  server.min_version = 0;
  const Shaken both = shake(server, client, certificate_);
  EXPECT_TRUE(both.ok());
  EXPECT_EQ(both.client->version(), "TLSv1.2");
}

TEST_F(SecureStreamTest, WithoutACertificateTheNameIsNotRecognized) {
  EXPECT_THAT(shake(server_settings(), client_settings(), nullptr).client_error, HasSubstr("unrecognized name"));
}

TEST_F(SecureStreamTest, CurvesThatNobodyHasAreAFailedHandshake) {
  ServerSettings server = server_settings();
  server.curves.clear();
  EXPECT_THAT(shake(server, client_settings(), nullptr).client_error, HasSubstr("handshake failure"));
}

TEST_F(SecureStreamTest, ServersAreVerified) {
  ClientSettings client = client_settings();
  EXPECT_THAT(shake(server_settings(), client, certificate_, "other.test").client_error, HasSubstr("mismatch"));
  EXPECT_TRUE(shake(server_settings(), client, certificate_, "127.0.0.1").ok());
  EXPECT_FALSE(shake(server_settings(), client, certificate_, "127.0.0.2").ok());
  client.server_name = "b.test";
  EXPECT_TRUE(shake(server_settings(), client, certificate_, "other.test").ok());
  client = {.authorities = {test_file("other_ca.pem")}};
  EXPECT_THAT(shake(server_settings(), client, certificate_).client_error, HasSubstr("verification"));
  client.verify = false;
  EXPECT_TRUE(shake(server_settings(), client, certificate_, "other.test").ok());
}

TEST_F(SecureStreamTest, AUriStandsInPlaceOfTheName) {
  ClientSettings client = client_settings();
  client.peer_uri = "spiffe://TEST/server";
  EXPECT_TRUE(shake(server_settings(), client, certificate_, "other.test").ok());
  EXPECT_FALSE(shake(server_settings(), client, test_certificate("exact"), "exact.wild.test").ok());
}

TEST_F(SecureStreamTest, ClientsShowCertificates) {
  ServerSettings server = server_settings();
  server.max_version = TLS1_2_VERSION;  // where the client hears of a refusal in its handshake
  server.authorities = {test_file("ca.pem")};
  server.client_auth = ClientAuth::kRequireAndVerify;
  ClientSettings none = client_settings();
  ClientSettings good = client_settings();
  good.certificates = {test_certificate("client")};
  ClientSettings bad = client_settings();
  bad.certificates = {test_certificate("stranger")};
  EXPECT_FALSE(shake(server, none, certificate_).ok());
  EXPECT_FALSE(shake(server, bad, certificate_).ok());
  const Shaken both = shake(server, good, certificate_);
  ASSERT_TRUE(both.ok()) << both.server_error;
  EXPECT_NE(both.server->peer_certificate(), nullptr);
  server.client_auth = ClientAuth::kVerifyIfGiven;
  EXPECT_TRUE(shake(server, none, certificate_).ok());
  EXPECT_FALSE(shake(server, bad, certificate_).ok());
  server.client_auth = ClientAuth::kRequireAny;
  EXPECT_FALSE(shake(server, none, certificate_).ok());
  EXPECT_TRUE(shake(server, bad, certificate_).ok());
  server.client_auth = ClientAuth::kRequest;
  EXPECT_TRUE(shake(server, none, certificate_).ok());
  EXPECT_TRUE(shake(server, bad, certificate_).ok());
}

TEST_F(SecureStreamTest, ConnectionsToAServerTakeUpItsLastSession) {
  const auto session = std::make_shared<ClientSession>();
  for (const bool resumed : {false, true, true}) {
    Shaken both = shake(server_settings(), client_settings(), certificate_, "a.test", {}, session);
    ASSERT_TRUE(both.ok());
    EXPECT_EQ(both.client->resumed(), resumed);
    EXPECT_NE(both.client->peer_certificate(), nullptr);
    write_text(*both.server, "hi");  // the ticket stands before it
    EXPECT_EQ(read_some(*both.client), "hi");
  }
  ServerSettings stranger = server_settings();
  stranger.tickets = false;
  EXPECT_FALSE(shake(stranger, client_settings(), certificate_, "a.test", {}, session).client->resumed());
}

TEST_F(SecureStreamTest, AHandshakeThatStopsHalfwayTimesOut) {
  auto [server_end, client_end] = socket_pair();
  const auto context = ServerContext::build(server_settings());
  auto server =
      SecureStream::accept(std::move(server_end), *context, certificate_, std::string("\x16\x03\x01\x02\x00", 5));
  const auto result = loop::drive(server->handshake(loop_.now() + std::chrono::milliseconds(1)));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), base::ErrorKind::kTimeout);
}

TEST_F(SecureStreamTest, GarbageIsAnErrorAndNoMore) {
  auto [server_end, client_end] = socket_pair();
  write_text(*client_end, std::string_view("\x16\x03\x01\x00\x05hello, and more of it", 26));
  const auto context = ServerContext::build(server_settings());
  auto server = SecureStream::accept(std::move(server_end), *context, certificate_, {});
  EXPECT_FALSE(loop::drive(server->handshake(loop_.now() + std::chrono::seconds(10))));
}

TEST_F(SecureStreamTest, TheGeneratedCertificateServes) {
  const auto generated = make_self_signed();
  ASSERT_TRUE(generated);
  ClientSettings client;
  client.verify = false;
  EXPECT_TRUE(shake(server_settings(), client, *generated, "anything.test").ok());
}

}  // namespace
}  // namespace tandem::tls
