#include "control/peer/peer_link_test.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <ctime>

#include "base/fd.h"

namespace tandem::peer {
namespace {

using boost::json::object;
using LinkState = PeerLink::LinkState;
using loop::Loop;

/// Two nodes that trust each other; b dials a.
struct PeerLinkTest : testing::Test {
  PeerLinkTest() {
    trust(directory_a, directory_b, "b");
    trust(directory_b, directory_a, "a");
    a = std::make_unique<TestNode>("a", directory_a);
    b = std::make_unique<TestNode>("b", directory_b, std::vector{a->address()});
  }
  bool connected() const { return a->state("b") == LinkState::kUp && b->state("a") == LinkState::kUp; }
  void connect() {
    ASSERT_TRUE(pass_until([this] { return connected(); }));
  }

  Loop loop{Loop::ClockKind::kManual};
  TestDirectory directory_a;
  TestDirectory directory_b;
  std::unique_ptr<TestNode> a;
  std::unique_ptr<TestNode> b;
};

TEST_F(PeerLinkTest, TwoNodesFindEachOther) {
  EXPECT_EQ(a->state("b"), LinkState::kNone);
  connect();
  EXPECT_EQ(a->peer("b").paths, 1U);
  EXPECT_GT(a->changes, 0);
  EXPECT_TRUE(a->link->problems().empty());
  pass(2s);
  EXPECT_TRUE(connected());
}

TEST_F(PeerLinkTest, KeysAreForTheirOwnerOnly) {
  const auto mode = std::filesystem::status(directory_a.path + "/key.pem").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::permissions(directory_a.path + "/key.pem", std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  const auto loaded = load_or_make_keys(directory_a.path, "a");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().text().find("chmod 600"), std::string::npos) << loaded.error().text();
}

TEST_F(PeerLinkTest, WhatIsToldArrivesAlsoAtThoseWhoComeLater) {
  a->link->tell({{"health", "good"}});
  connect();
  ASSERT_TRUE(pass_until([this] { return b->peer("a").status.has_value(); }));
  EXPECT_EQ(b->peer("a").status->at("health").as_string(), "good");
  a->link->tell({{"health", "bad"}});
  EXPECT_TRUE(pass_until([this] { return b->peer("a").status->at("health").as_string() == "bad"; }));
}

TEST_F(PeerLinkTest, QuestionsAreAnswered) {
  connect();
  const auto answer = loop::drive(b->link->ask("a", {{"what", "time"}}, Loop::current().now() + 1s));
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->at("from").as_string(), "b");
  EXPECT_EQ(answer->at("echo").as_object().at("what").as_string(), "time");
  const auto unknown = loop::drive(b->link->ask("c", {}, Loop::current().now() + 1s));
  EXPECT_EQ(unknown.error().kind(), base::ErrorKind::kNotFound);
}

TEST_F(PeerLinkTest, ANodeThatStopsIsSeenAtOnce) {
  connect();
  const loop::TimePoint before = loop.now();
  a.reset();
  while (b->state("a") == LinkState::kUp) loop::turn();  // no time passes
  EXPECT_EQ(b->state("a"), LinkState::kReset);
  EXPECT_EQ(loop.now(), before);
  const auto answer = loop::drive(b->link->ask("a", {}, loop.now() + 1s));
  EXPECT_EQ(answer.error().kind(), base::ErrorKind::kUnreachable);
}

TEST_F(PeerLinkTest, ANodeThatIsBackIsUpAgain) {
  connect();
  const std::uint16_t port = a->link->address().port();
  a.reset();
  pass(3s);
  EXPECT_EQ(b->state("a"), LinkState::kReset);
  PeerLink::Settings settings;
  settings.node = "a";
  settings.listen = "127.0.0.1:" + std::to_string(port);
  settings.directory = directory_a.path;
  auto again = PeerLink::make(std::move(settings));
  ASSERT_TRUE(again) << again.error().text();
  (*again)->start({}, {});
  EXPECT_TRUE(pass_until([this] { return b->state("a") == LinkState::kUp; }));
  EXPECT_TRUE(b->link->problems().empty());
}

TEST_F(PeerLinkTest, ASecondLinkAtTheSameAddressIsRefused) {
  PeerLink::Settings settings;
  settings.node = "c";
  settings.listen = a->address();
  settings.directory = directory_a.path;
  const auto made = PeerLink::make(std::move(settings));
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().text().find("cannot listen"), std::string::npos) << made.error().text();
}

TEST(PeerLink, ANodeThatDialsItselfIsNoPeer) {
  const Loop loop(Loop::ClockKind::kManual);
  const TestDirectory directory;
  PeerLink::Settings settings;
  settings.node = "a";
  settings.listen = "127.0.0.1:0";
  settings.directory = directory.path;
  settings.peers = {"127.0.0.1"};  // its own port
  auto made = PeerLink::make(std::move(settings));
  ASSERT_TRUE(made) << made.error().text();
  (*made)->start({}, {});
  pass(3s);
  EXPECT_TRUE((*made)->peers().empty());
  EXPECT_TRUE((*made)->problems().empty());
  EXPECT_EQ((*made)->refused(), 0U);
}

TEST(PeerLink, BothMayDialAndOneConnectionStays) {
  const Loop loop(Loop::ClockKind::kManual);
  const TestDirectory directory_a;
  const TestDirectory directory_b;
  trust(directory_a, directory_b, "b");
  trust(directory_b, directory_a, "a");
  // Ports are needed before: taken, and given back.
  std::vector<std::string> addresses;
  for (const auto* directory : {&directory_a, &directory_b}) addresses.push_back(TestNode("x", *directory).address());
  const auto node = [&](const TestDirectory& directory, const std::string& name, std::size_t at) {
    PeerLink::Settings settings;
    settings.node = name;
    settings.listen = addresses[at];
    settings.peers = {addresses[1 - at]};
    settings.directory = directory.path;
    auto made = PeerLink::make(std::move(settings));
    if (!made) std::abort();
    (*made)->start({}, {});
    return std::move(*made);
  };
  const auto a = node(directory_a, "a", 0);
  EXPECT_EQ(a->peers()[0].tried, std::vector{addresses[1]});
  const auto b = node(directory_b, "b", 1);
  const auto settled = [&] { return a->peers()[0].paths == 1 && b->peers()[0].paths == 1; };
  pass(3s);
  EXPECT_TRUE(settled());
  EXPECT_EQ(a->peers()[0].state, LinkState::kUp);
  EXPECT_EQ(b->peers()[0].state, LinkState::kUp);
  EXPECT_TRUE(a->peers()[0].tried.empty());
}

TEST(PeerLink, SeveralPathsLeadToOnePeer) {
  const Loop loop(Loop::ClockKind::kManual);
  const TestDirectory directory_a;
  const TestDirectory directory_b;
  trust(directory_a, directory_b, "b");
  trust(directory_b, directory_a, "a");
  PeerLink::Settings settings;
  settings.node = "a";
  settings.listen = ":0";
  settings.directory = directory_a.path;
  auto a = PeerLink::make(settings);
  ASSERT_TRUE(a) << a.error().text();
  (*a)->start({}, {});
  const std::string port = std::to_string((*a)->address().port());
  settings.node = "b";
  settings.directory = directory_b.path;
  settings.peers = {"127.0.0.1:" + port, "127.0.0.2:" + port};
  settings.service = {*net::IpPrefix::parse("127.0.0.1/32")};
  auto b = PeerLink::make(settings);
  ASSERT_TRUE(b) << b.error().text();
  (*b)->start({}, {});
  EXPECT_TRUE(pass_until([&] { return (*b)->peers()[0].paths == 2; }));
  EXPECT_TRUE((*b)->peers()[0].elsewhere);
  EXPECT_EQ((*b)->peers().size(), 1U);
  const auto answer = loop::drive((*b)->ask("a", {}, Loop::current().now() + 1s));
  ASSERT_TRUE(answer);
}

TEST(PeerLink, AnUntrustedNodeIsRefused) {
  const Loop loop(Loop::ClockKind::kManual);
  const TestDirectory directory_a;
  const TestDirectory directory_b;
  trust(directory_b, directory_a, "a");
  const TestNode a("a", directory_a);
  const TestNode b("b", directory_b, {a.address()});
  EXPECT_TRUE(pass_until([&] { return a.link->refused() > 0; }));
  pass(1s);
  EXPECT_EQ(b.state("a"), LinkState::kNone);
  EXPECT_TRUE(a.link->peers().empty());
  // As soon as it is trusted it is let in: a command wrote the file.
  trust(directory_a, directory_b, "b");
  EXPECT_TRUE(pass_until([&] { return b.state("a") == LinkState::kUp && a.state("b") == LinkState::kUp; }));
}

struct Enrolment : testing::Test {
  Enrolment() : a("a", directory_a) {
    invitation.addresses = {"127.0.0.1:1", a.address()};  // the first does not answer
    invitation.secret = random_bytes(16);
    invitation.fingerprint = keys_in(directory_a, "a").fingerprint;
    invitation.expires = now() + 60;
    keep();
  }
  static std::int64_t now() { return std::time(nullptr); }
  void keep() const { ASSERT_TRUE(keep_invitation(directory_a.path, invitation, {{"priority", 190}}, now())); }
  base::Result<Joined> join(const std::string& name) {
    const auto token = parse_token(token_of(invitation));
    if (!token) return token.error();
    std::optional<base::Result<Joined>> out;
    loop::Scope scope;
    scope.spawn(loop::store_into(join_by_invitation(*token, keys_in(directory_b, name), name), &out));
    loop::turn_until([&] { return out.has_value(); });
    return std::move(*out);
  }

  Loop loop;  // with the real clock: a thread writes the files
  TestDirectory directory_a;
  TestDirectory directory_b;
  TestNode a;
  Invitation invitation;
};

TEST_F(Enrolment, AnInvitationMakesTwoNodesTrustEachOther) {
  const auto joined = join("b");
  ASSERT_TRUE(joined) << joined.error().text();
  EXPECT_EQ(joined->node, "a");
  EXPECT_EQ(joined->address, a.address());
  EXPECT_EQ(joined->own_address, "127.0.0.1");
  EXPECT_EQ(joined->offer.at("priority").to_number<int>(), 190);
  ASSERT_TRUE(trust_peer(directory_b.path, joined->node, joined->pem));
  const TestNode b("b", directory_b, {a.address()});
  loop::turn_until([&] { return a.state("b") == LinkState::kUp && b.state("a") == LinkState::kUp; });
}

TEST_F(Enrolment, AnInvitationWorksOnce) {
  ASSERT_TRUE(join("b"));
  const auto again = join("b");
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().text().find("used already"), std::string::npos) << again.error().text();
}

TEST_F(Enrolment, AnInvitationEnds) {
  invitation.expires = now() - 1;
  keep();
  const auto joined = join("b");
  ASSERT_FALSE(joined);
  EXPECT_NE(joined.error().text().find("is over"), std::string::npos) << joined.error().text();
  EXPECT_TRUE(a.link->peers().empty());
}

TEST_F(Enrolment, AStrangerThatAnswersGetsNothing) {
  invitation.fingerprint = std::string(64, 'a');
  const auto joined = join("b");
  ASSERT_FALSE(joined);
  EXPECT_NE(joined.error().text().find("another machine answers"), std::string::npos) << joined.error().text();
  EXPECT_TRUE(a.link->peers().empty());
}

TEST_F(Enrolment, TwoNodesOfOneNameAreRefused) {
  const auto joined = join("a");
  ASSERT_FALSE(joined);
  EXPECT_NE(joined.error().text().find("both nodes are called a"), std::string::npos) << joined.error().text();
  EXPECT_TRUE(join("b"));  // the invitation still holds
}

TEST(Invitation, ATokenThatLostALetterIsNone) {
  const Invitation invitation{.addresses = {"192.168.1.110:7112", "[fd00::1]:7112"},
                              .secret = random_bytes(16),
                              .fingerprint = std::string(64, 'b'),
                              .expires = 1234567890};
  const std::string token = token_of(invitation);
  const auto read = parse_token(" " + token + "\n");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->addresses, invitation.addresses);
  EXPECT_EQ(read->secret, invitation.secret);
  EXPECT_EQ(read->fingerprint, invitation.fingerprint);
  EXPECT_EQ(read->expires, invitation.expires);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string wrong = token;
    wrong.erase(i, 1);
    EXPECT_FALSE(parse_token(wrong)) << i;
  }
}

TEST(PeerLink, ACopyOfANodeIsReported) {
  const Loop loop(Loop::ClockKind::kManual);
  const TestDirectory directory_a;
  const TestDirectory directory_b;
  keys_in(directory_a, "a");
  std::filesystem::copy(directory_a.path, directory_b.path, std::filesystem::copy_options::recursive);
  const TestNode a("a", directory_a);
  const TestNode copy("b", directory_b, {a.address()});
  EXPECT_TRUE(pass_until([&] { return !a.link->problems().empty() && !copy.link->problems().empty(); }));
  EXPECT_NE(a.link->problems()[0].find("--new-keys"), std::string::npos) << a.link->problems()[0];
}

TEST(PeerLink, TwoCopiesAreReportedByAThirdNode) {
  const Loop loop(Loop::ClockKind::kManual);
  const TestDirectory directory_a;
  const TestDirectory directory_b;
  const TestDirectory directory_c;
  trust(directory_a, directory_b, "b");
  trust(directory_b, directory_a, "a");
  std::filesystem::copy(directory_b.path, directory_c.path,
                        std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  const TestNode a("a", directory_a);
  const TestNode b("b", directory_b, {a.address()});
  ASSERT_TRUE(pass_until([&] { return a.state("b") == LinkState::kUp; }));
  const TestNode copy("b", directory_c, {a.address()});
  EXPECT_TRUE(pass_until([&] { return !a.link->problems().empty(); }));
  EXPECT_EQ(a.state("b"), LinkState::kUp);
}

TEST(PeerLink, TwoNodesOfOneNameAreReported) {
  const Loop loop(Loop::ClockKind::kManual);
  const TestDirectory directory_a;
  const TestDirectory directory_b;
  trust(directory_a, directory_b, "b");
  trust(directory_b, directory_a, "a");
  const TestNode a("same", directory_a);
  const TestNode b("same", directory_b, {a.address()});
  EXPECT_TRUE(pass_until([&] { return !a.link->problems().empty() && !b.link->problems().empty(); }));
}

/// A TCP forwarder that can stop: what a broken network looks like. UDP does not get through.
class Wire {
 public:
  explicit Wire(const net::Address& to) : to_(to), listener_(*net::listen_tcp(net::Address(to.ip(), 0), {})) {
    tasks_.spawn(accept());
  }
  std::string address() const { return net::local_address(listener_.get()).text(); }
  /// Nothing is forwarded any more, and nothing is closed.
  void stall() { tasks_.cancel(); }
  /// The connections end as if both processes had died.
  void cut() {
    tasks_.cancel();
    streams_.clear();
    listener_.reset();
  }

 private:
  loop::Task<void> accept() {
    net::Acceptor acceptor(listener_.get());
    for (;;) {
      (void)co_await acceptor.readable();
      const net::Accepted accepted = acceptor.try_accept();
      if (accepted.fd < 0) continue;
      auto near = std::make_shared<net::SocketStream>(accepted.fd);
      auto far = co_await net::connect(to_, loop::kNever);
      if (!far) co_return;
      std::shared_ptr<net::Stream> other = std::move(*far);
      streams_.push_back(near);
      streams_.push_back(other);
      tasks_.spawn(copy(near.get(), other.get()));
      tasks_.spawn(copy(other.get(), near.get()));
    }
  }
  static loop::Task<void> copy(net::Stream* from, net::Stream* to) {
    std::array<char, 4096> room{};
    for (;;) {
      const net::IoCount got = from->try_read(room);
      if (got.would_block()) {
        (void)co_await from->readable(loop::kNever);
        continue;
      }
      if (!got.moved()) {
        to->shutdown_write();
        co_return;
      }
      const iovec piece{.iov_base = room.data(), .iov_len = got.bytes()};
      (void)to->try_write({&piece, 1});
    }
  }

  net::Address to_;
  base::Fd listener_;
  std::vector<std::shared_ptr<net::Stream>> streams_;
  loop::Scope tasks_;
};

TEST(PeerLink, AHeartbeatKeepsAPathUpWhoseConnectionStalls) {
  const Loop loop(Loop::ClockKind::kManual);
  const TestDirectory directory_a;
  const TestDirectory directory_b;
  trust(directory_a, directory_b, "b");
  trust(directory_b, directory_a, "a");
  const TestNode a("a", directory_a);
  Wire wire(a.link->address());
  const TestNode b("b", directory_b, {wire.address()});
  ASSERT_TRUE(pass_until([&] { return b.state("a") == LinkState::kUp && a.state("b") == LinkState::kUp; }));
  wire.stall();
  pass(3s);
  // Each told the other where it listens, so the heartbeats do not need the wire.
  EXPECT_EQ(b.state("a"), LinkState::kUp);
  EXPECT_EQ(a.state("b"), LinkState::kUp);
}

TEST(PeerLink, AHeartbeatShowsThatAConnectionWasCutByAThirdParty) {
  const Loop loop(Loop::ClockKind::kManual);
  const TestDirectory directory_a;
  const TestDirectory directory_b;
  trust(directory_a, directory_b, "b");
  trust(directory_b, directory_a, "a");
  const TestNode a("a", directory_a);
  Wire wire(a.link->address());
  const TestNode b("b", directory_b, {wire.address()});
  ASSERT_TRUE(pass_until([&] { return b.state("a") == LinkState::kUp && a.state("b") == LinkState::kUp; }));
  wire.cut();
  pass(300ms);
  EXPECT_EQ(b.state("a"), LinkState::kUp);
  EXPECT_EQ(a.state("b"), LinkState::kUp);
}

/// Two nodes on loops of their own: one can stand still while the other goes on.
struct TwoLoops : testing::Test {
  TwoLoops() {
    trust(directory_a, directory_b, "b");
    trust(directory_b, directory_a, "a");
    {
      const Loop::Here here(loop_a);
      a = std::make_unique<TestNode>("a", directory_a);
    }
    const Loop::Here here(loop_b);
    b = std::make_unique<TestNode>("b", directory_b, std::vector{a->address()});
  }
  ~TwoLoops() override {
    {
      const Loop::Here here(loop_a);
      a.reset();
    }
    const Loop::Here here(loop_b);
    b.reset();
  }
  static void step(Loop& loop) {
    const Loop::Here here(loop);
    loop.advance(10ms);
    loop::turn(20);
  }
  template <class Condition>
  bool both_until(Condition done) {
    for (int i = 0; i < 1000 && !done(); ++i) {
      step(loop_a);
      step(loop_b);
    }
    return done();
  }
  bool connected() const { return a->state("b") == LinkState::kUp && b->state("a") == LinkState::kUp; }

  Loop loop_a{Loop::ClockKind::kManual, Loop::Bind::kLater};
  Loop loop_b{Loop::ClockKind::kManual, Loop::Bind::kLater};
  TestDirectory directory_a;
  TestDirectory directory_b;
  std::unique_ptr<TestNode> a;
  std::unique_ptr<TestNode> b;
};

TEST_F(TwoLoops, SilenceIsDownAfterTheTimeoutAndNotAReset) {
  ASSERT_TRUE(both_until([this] { return connected(); }));
  for (int i = 0; i < 13; ++i) step(loop_b);  // a stands still for 130 ms, and was heard 50 ms before that
  EXPECT_EQ(b->state("a"), LinkState::kUp);
  for (int i = 0; i < 8; ++i) step(loop_b);
  EXPECT_EQ(b->state("a"), LinkState::kDown);
  for (int i = 0; i < 500; ++i) step(loop_b);
  EXPECT_EQ(b->state("a"), LinkState::kDown);
  ASSERT_TRUE(both_until([this] { return connected(); }));
  const Loop::Here here(loop_b);
  EXPECT_TRUE(b->link->problems().empty());
}

TEST_F(TwoLoops, AShortPauseIsForgotten) {
  ASSERT_TRUE(both_until([this] { return connected(); }));
  for (int i = 0; i < 40; ++i) step(loop_b);
  EXPECT_EQ(b->state("a"), LinkState::kDown);
  {
    const Loop::Here here(loop_a);
    loop_a.advance(400ms);
  }
  EXPECT_TRUE(both_until([this] { return connected(); }));
}

TEST(PeerLink, GarbageCostsLittleAndChangesNothing) {
  const Loop loop(Loop::ClockKind::kManual);
  const TestDirectory directory;
  const TestNode a("a", directory);
  std::vector<base::Fd> sockets;
  for (int i = 0; i < 100; ++i) {
    sockets.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const net::Address to = a.link->address();
    ASSERT_EQ(::connect(sockets.back().get(), to.raw(), to.raw_length()), 0);
    if (i % 2 == 0) (void)::send(sockets.back().get(), "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL);
  }
  const base::Fd udp(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const net::Address to = a.link->address();
  const std::string packet = "TDM1" + std::string(48, 'x');
  for (int i = 0; i < 200; ++i) {
    (void)::sendto(udp.get(), packet.data(), packet.size(), MSG_DONTWAIT, to.raw(), to.raw_length());
  }
  EXPECT_TRUE(pass_until([&] { return a.link->refused() == 100; }));
  EXPECT_TRUE(a.link->peers().empty());
}

}  // namespace
}  // namespace tandem::peer
