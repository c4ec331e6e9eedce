#include "protocol/client/client.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "engine/loop/drive.h"
#include "engine/net/pump.h"
#include "engine/net/tcp.h"

namespace tandem::client {
namespace {

using base::ErrorKind;
using base::Side;
using loop::turn_until;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Optional;
using testing::StartsWith;

/// A server on 127.0.0.1 whose connections the test plays itself; it runs on the test's own loop.
class FakeServer {
 public:
  struct Connection {
    explicit Connection(int fd) : stream(fd) {}
    net::SocketStream stream;
    std::string received;
    bool ended = false;
  };

  FakeServer() : listening_(net::listen_tcp(net::Address(*net::IpAddress::parse("127.0.0.1"), 0), {}).value()) {
    acceptor_.emplace(listening_);
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;
  ~FakeServer() { ::close(listening_); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(net::local_address(listening_).port()); }

  /// Accepts and reads what there is.
  void poll() {
    for (net::Accepted accepted = acceptor_->try_accept(); accepted.fd >= 0; accepted = acceptor_->try_accept()) {
      connections.emplace_back(accepted.fd);
    }
    for (Connection& connection : connections) {
      std::array<char, 65536> room;
      for (;;) {
        const ssize_t got = ::recv(connection.stream.descriptor().fd(), room.data(), room.size(), MSG_DONTWAIT);
        if (got == 0) connection.ended = true;
        if (got <= 0) break;
        connection.received.append(room.data(), static_cast<std::size_t>(got));
      }
    }
  }
  /// Runs the loop until connection `index` has sent something that ends with `end`.
  void expect(std::size_t index, std::string_view end) {
    turn_until([&] {
      poll();
      return connections.size() > index && connections[index].received.ends_with(end);
    });
  }
  void answer(std::size_t index, std::string_view bytes) {
    connections[index].received.clear();
    ASSERT_EQ(::send(connections[index].stream.descriptor().fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  void close(std::size_t index) { connections[index].stream.descriptor().close(); }
  void reset(std::size_t index) {
    connections[index].stream.reset_on_close();
    close(index);
  }

  std::deque<Connection> connections;

 private:
  int listening_;
  std::optional<net::Acceptor> acceptor_;
};

/// Content that comes when the test says so.
class Faucet final : public http::BodySource {
 public:
  struct State {
    std::deque<std::string> pieces;
    bool ended = false;
    bool broken = false;
    std::string last;
  };
  explicit Faucet(State& state) : state_(state) {}
  http::Chunk try_read() override {
    if (state_.broken) return {http::Chunk::Kind::kError, {}};
    if (!state_.pieces.empty()) {
      state_.last = std::move(state_.pieces.front());
      state_.pieces.pop_front();
      return {http::Chunk::Kind::kBytes, state_.last};
    }
    return {state_.ended ? http::Chunk::Kind::kEnd : http::Chunk::Kind::kWouldBlock, {}};
  }
  loop::Task<void> wait() override {
    while (state_.pieces.empty() && !state_.ended && !state_.broken)
      co_await loop::sleep_for(std::chrono::milliseconds(1));
  }
  base::Error error() const override { return {ErrorKind::kClosed, Side::kClient, "the client went"}; }

 private:
  State& state_;
};

class InterimLog final : public http::ClientLink {
 public:
  std::vector<int> statuses;
  loop::Task<void> send_interim(int status, const http::Headers& /*headers*/) override {
    statuses.push_back(status);
    co_return;
  }
};

class ClientTest : public testing::Test {
 protected:
  using Answer = base::Result<http::Response>;
  /// One request with all that must outlive it. Members end before what they refer to.
  struct Call {
    Call(ClientTest& t, std::string_view method, std::string_view path)
        : exchange(t.on, nullptr), client(*t.transport, t.target, Pool::of(*t.transport, t.target)) {
      request.method = method;
      request.path = path;
      request.host = "h";
      request.headers = http::Headers(exchange.arena);
    }
    void send(InterimLog* interim = nullptr) {
      scope.spawn(loop::store_into(client.send(request, exchange, interim), &answer));
    }
    bool done() const { return answer.has_value(); }
    bool failed() const { return answer && !*answer; }
    const base::Error& error() const { return answer->error(); }
    http::Response& response() { return **answer; }
    std::string content() {
      content_failed = false;
      std::string out;
      turn_until([&] {
        for (;;) {
          const http::Chunk chunk = response().body.try_read();
          if (chunk.kind == http::Chunk::Kind::kWouldBlock) return false;
          content_failed = chunk.kind == http::Chunk::Kind::kError;
          if (chunk.kind != http::Chunk::Kind::kBytes) return true;
          out.append(chunk.bytes);
        }
      });
      return out;
    }
    http::Exchange exchange;
    http::Request request;
    Client client;
    std::optional<Answer> answer;
    bool content_failed = false;
    loop::Scope scope;
  };

  ClientTest() { configure({}); }
  ~ClientTest() override { Pool::close_all(); }
  void configure(TransportOptions options) {
    transport.emplace(std::move(options));
    target = Target::parse(server.url()).value();
  }
  std::unique_ptr<Call> call(std::string_view method, std::string_view path) {
    return std::make_unique<Call>(*this, method, path);
  }
  /// A complete GET, so that a connection waits in the pool.
  void warm_up() {
    auto first = call("GET", "/warm");
    first->send();
    server.expect(server.connections.size(), "\r\n\r\n");
    server.answer(server.connections.size() - 1, kEmpty);
    turn_until([&] { return first->done(); });
    EXPECT_EQ(Pool::idle_on_this_core(), 1U);
  }

  static constexpr std::string_view kEmpty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  loop::Loop loop_;
  FakeServer server;
  http::Connection on;
  std::optional<Transport> transport;
  Target target;
};

TEST_F(ClientTest, WritesTheRequestAndReadsTheResponse) {
  auto c = call("GET", "/a%20b");
  c->request.query = "x=1";
  c->request.has_query = true;
  c->request.headers.add("x-one", "1");
  c->send();
  server.expect(0, "\r\n\r\n");
  EXPECT_EQ(server.connections[0].received, "GET /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nX-One: 1\r\n\r\n");
  server.answer(0, "HTTP/1.1 201 Made\r\nX-Two: 2\r\nContent-Length: 5\r\n\r\nhello");
  turn_until([&] { return c->done(); });
  ASSERT_FALSE(c->failed());
  EXPECT_EQ(c->response().status, 201);
  EXPECT_THAT(c->response().headers.get("x-two"), Optional(std::string_view("2")));
  EXPECT_EQ(c->content(), "hello");
}

TEST_F(ClientTest, UsesAConnectionAgainAfterItsContentWasRead) {
  auto first = call("GET", "/1");
  first->send();
  server.expect(0, "\r\n\r\n");
  server.answer(0, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  turn_until([&] { return first->done(); });
  EXPECT_EQ(Pool::idle_on_this_core(), 0U);
  server.answer(0, "2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n");
  EXPECT_EQ(first->content(), "abcde");
  ASSERT_NE(first->response().body.trailers(), nullptr);
  EXPECT_THAT(first->response().body.trailers()->get("X-Sum"), Optional(std::string_view("5")));
  EXPECT_EQ(Pool::idle_on_this_core(), 1U);
  auto second = call("GET", "/2");
  second->send();
  server.expect(0, "\r\n\r\n");
  server.answer(0, kEmpty);
  turn_until([&] { return second->done(); });
  EXPECT_EQ(server.connections.size(), 1U);
}

TEST_F(ClientTest, AConnectionWhoseContentWasNotReadIsNotUsedAgain) {
  auto first = call("GET", "/1");
  first->send();
  server.expect(0, "\r\n\r\n");
  server.answer(0, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nabc");
  turn_until([&] { return first->done(); });
  first.reset();
  EXPECT_EQ(Pool::idle_on_this_core(), 0U);
  turn_until([&] {
    server.poll();
    return server.connections[0].ended;
  });
}

TEST_F(ClientTest, ClosedOrSuspectConnectionsAreNotKept) {
  for (const std::string_view text :
       {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    auto c = call("GET", "/");
    c->send();
    const std::size_t index = server.connections.size();
    server.expect(index, "\r\n\r\n");
    server.answer(index, text);
    turn_until([&] { return c->done(); });
    ASSERT_FALSE(c->failed()) << text;
    (void)c->content();
    EXPECT_EQ(Pool::idle_on_this_core(), 0U) << text;
  }
}

TEST_F(ClientTest, AWaitingConnectionThatTheServerClosesIsDropped) {
  warm_up();
  server.close(0);
  turn_until([] { return Pool::idle_on_this_core() == 0; });
}

TEST_F(ClientTest, AReusedConnectionThatDiesIsReplacedOnceForGet) {
  warm_up();
  auto c = call("GET", "/again");
  c->send();
  server.expect(0, "\r\n\r\n");
  server.reset(0);
  server.expect(1, "\r\n\r\n");
  EXPECT_THAT(server.connections[1].received, StartsWith("GET /again "));
  server.reset(1);
  turn_until([&] { return c->done(); });
  ASSERT_TRUE(c->failed());  // a fresh connection is not tried again
  EXPECT_EQ(c->error().side(), Side::kUpstream);
  EXPECT_EQ(server.connections.size(), 2U);
}

TEST_F(ClientTest, AReusedConnectionThatDiesIsNotReplacedForPost) {
  for (const std::string_view content : {"", "abc"}) {
    const std::size_t before = server.connections.size();
    warm_up();
    auto c = call("POST", "/once");
    c->request.body = http::Body::of(content);
    c->send();
    server.expect(before, content.empty() ? "\r\n\r\n" : "abc");
    server.reset(before);
    turn_until([&] { return c->done(); });
    ASSERT_TRUE(c->failed());
    EXPECT_EQ(server.connections.size(), before + 1);
  }
}

TEST_F(ClientTest, EmptyContentIsAnnouncedWhereItIsUnusual) {
  auto c = call("POST", "/");
  c->send();
  server.expect(0, "\r\n\r\n");
  EXPECT_THAT(server.connections[0].received, HasSubstr("\r\nContent-Length: 0\r\n"));
}

TEST_F(ClientTest, SendsContentOfKnownAndUnknownLength) {
  Faucet::State faucet;
  auto c = call("POST", "/");
  c->request.body = http::Body::from(std::make_unique<Faucet>(faucet), std::nullopt);
  c->send();
  faucet.pieces = {"hello", "world!"};
  server.expect(0, "6\r\nworld!\r\n");
  EXPECT_THAT(server.connections[0].received, HasSubstr("\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"));
  faucet.ended = true;
  server.expect(0, "\r\n0\r\n\r\n");
  server.answer(0, kEmpty);
  turn_until([&] { return c->done(); });
  EXPECT_EQ(Pool::idle_on_this_core(), 1U);

  Faucet::State exact;
  exact.pieces = {"abc", "de"};
  exact.ended = true;
  auto second = call("PUT", "/");
  second->request.body = http::Body::from(std::make_unique<Faucet>(exact), 5);
  second->send();
  server.expect(0, "\r\nContent-Length: 5\r\n\r\nabcde");
  server.answer(0, kEmpty);
  turn_until([&] { return second->done(); });
  EXPECT_EQ(Pool::idle_on_this_core(), 1U);
}

TEST_F(ClientTest, AnAnswerMayComeBeforeTheContentHasEnded) {
  Faucet::State faucet;
  faucet.pieces = {"abc"};
  auto c = call("POST", "/");
  c->request.body = http::Body::from(std::make_unique<Faucet>(faucet), 1000);
  c->send();
  server.expect(0, "abc");
  server.answer(0, "HTTP/1.1 413 No\r\nContent-Length: 3\r\n\r\nno!");
  turn_until([&] { return c->done(); });
  ASSERT_FALSE(c->failed());
  EXPECT_EQ(c->response().status, 413);
  EXPECT_EQ(c->content(), "no!");
  EXPECT_EQ(Pool::idle_on_this_core(), 0U);  // the server still waits for content: nothing else can be asked of it
}

TEST_F(ClientTest, ContentThatFailsIsTheClientsFault) {
  Faucet::State faucet;
  faucet.pieces = {"abc"};
  auto c = call("POST", "/");
  c->request.body = http::Body::from(std::make_unique<Faucet>(faucet), 1000);
  c->send();
  server.expect(0, "abc");
  faucet.broken = true;
  turn_until([&] { return c->done(); });
  ASSERT_TRUE(c->failed());
  EXPECT_EQ(c->error().side(), Side::kClient);
}

TEST_F(ClientTest, InterimResponsesArePassedOn) {
  InterimLog log;
  auto c = call("GET", "/");
  c->send(&log);
  server.expect(0, "\r\n\r\n");
  server.answer(0, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 P\r\n\r\n");
  server.answer(0, kEmpty);
  turn_until([&] { return c->done(); });
  EXPECT_FALSE(c->failed());
  EXPECT_THAT(log.statuses, ElementsAre(100, 103, 102));
}

TEST_F(ClientTest, InterimResponsesWithoutEndAreAnError) {
  auto c = call("GET", "/");
  c->send();
  server.expect(0, "\r\n\r\n");
  for (int i = 0; i < 101; ++i) server.answer(0, "HTTP/1.1 103 Early Hints\r\n\r\n");
  turn_until([&] { return c->done(); });
  ASSERT_TRUE(c->failed());
  EXPECT_EQ(c->error().kind(), base::ErrorKind::kLimit);
}

TEST_F(ClientTest, ContentWaitsForContinue) {
  Faucet::State faucet;
  faucet.pieces = {"abc"};
  faucet.ended = true;
  auto c = call("POST", "/");
  c->request.expects_continue = true;
  c->request.headers.add("Expect", "100-continue");
  c->request.body = http::Body::from(std::make_unique<Faucet>(faucet), 3);
  c->send();
  server.expect(0, "\r\n\r\n");
  server.answer(0, "HTTP/1.1 100 Continue\r\n\r\n");
  server.expect(0, "abc");
  server.answer(0, kEmpty);
  turn_until([&] { return c->done(); });
  EXPECT_EQ(Pool::idle_on_this_core(), 1U);
}

TEST_F(ClientTest, AChangedProtocolHandsOutTheConnection) {
  auto c = call("GET", "/");
  c->send();
  server.expect(0, "\r\n\r\n");
  server.answer(0, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nfirst bytes");
  turn_until([&] { return c->done(); });
  ASSERT_FALSE(c->failed());
  ASSERT_NE(c->response().tunnel, nullptr);
  EXPECT_EQ(c->response().tunnel->early, "first bytes");
  EXPECT_TRUE(loop::drive(net::write_all(*c->response().tunnel->stream, "on its own", loop::kNever)));
  server.expect(0, "on its own");
  EXPECT_EQ(Pool::idle_on_this_core(), 0U);
}

TEST_F(ClientTest, WhatServersMayNotDoIsAnError) {
  struct Row {
    std::string_view text;
    ErrorKind kind;
  };
  for (const Row& row :
       {Row{"", ErrorKind::kClosed}, Row{"HTTP/1.1 200 OK\r\n", ErrorKind::kProtocol},
        Row{"nonsense\r\n\r\n", ErrorKind::kProtocol}, Row{"HTTP/1.1 2x0 OK\n\n", ErrorKind::kProtocol},
        Row{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", ErrorKind::kProtocol}}) {
    auto c = call("GET", "/");
    c->send();
    const std::size_t index = server.connections.size();
    server.expect(index, "\r\n\r\n");
    server.answer(index, row.text);
    server.close(index);
    turn_until([&] { return c->done(); });
    ASSERT_TRUE(c->failed()) << row.text;
    EXPECT_EQ(c->error().kind(), row.kind) << row.text;
    EXPECT_EQ(c->error().side(), Side::kUpstream);
  }
}

TEST_F(ClientTest, LooseHeadsAreUnderstoodInPiecesToo) {
  auto c = call("GET", "/");
  c->send();
  server.expect(0, "\r\n\r\n");
  for (const char byte : std::string_view("HTTP/1.1 200 OK\nA : b\n c\nContent-Length: 2\n\nok")) {
    server.answer(0, std::string_view(&byte, 1));
    loop::turn(2);
  }
  turn_until([&] { return c->done(); });
  ASSERT_FALSE(c->failed());
  EXPECT_THAT(c->response().headers.get("A"), Optional(std::string_view("b c")));
  EXPECT_EQ(c->content(), "ok");
}

TEST_F(ClientTest, ContentThatEndsTooSoonIsAnError) {
  auto c = call("GET", "/");
  c->send();
  server.expect(0, "\r\n\r\n");
  server.answer(0, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  server.close(0);
  turn_until([&] { return c->done(); });
  EXPECT_EQ(c->content(), "abc");
  EXPECT_TRUE(c->content_failed);
}

TEST_F(ClientTest, ContentWithoutLengthEndsWithTheConnection) {
  auto c = call("GET", "/");
  c->send();
  server.expect(0, "\r\n\r\n");
  server.answer(0, "HTTP/1.1 200 OK\r\n\r\nabc");
  turn_until([&] { return c->done(); });
  server.close(0);
  EXPECT_EQ(c->content(), "abc");
  EXPECT_FALSE(c->content_failed);
}

TEST_F(ClientTest, AnswersToHeadHaveNoContent) {
  auto c = call("HEAD", "/");
  c->send();
  server.expect(0, "\r\n\r\n");
  server.answer(0, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
  turn_until([&] { return c->done(); });
  EXPECT_THAT(c->response().announced_length, Optional(10U));
  EXPECT_EQ(c->content(), "");
  EXPECT_EQ(Pool::idle_on_this_core(), 1U);
}

TEST_F(ClientTest, MissingServersAreRefused) {
  const int listening = net::listen_tcp(net::Address(*net::IpAddress::parse("127.0.0.1"), 0), {}).value();
  target = Target::parse("http://127.0.0.1:" + std::to_string(net::local_address(listening).port())).value();
  ::close(listening);
  auto c = call("GET", "/");
  c->send();
  turn_until([&] { return c->done(); });
  ASSERT_TRUE(c->failed());
  EXPECT_EQ(c->error().kind(), ErrorKind::kRefused);
}

TEST_F(ClientTest, MayBeDestroyedAtAnyMoment) {
  Faucet::State faucet;
  faucet.pieces = {std::string(4 << 20, 'x')};
  auto uploading = call("POST", "/");
  uploading->request.body = http::Body::from(std::make_unique<Faucet>(faucet), std::nullopt);
  uploading->send();
  auto connecting = call("GET", "/");
  connecting->send();
  loop::turn(2);
  uploading.reset();
  connecting.reset();
  loop::turn(3);
}

TEST_F(ClientTest, KeepsNoMoreConnectionsThanAllowed) {
  configure({.max_idle_connections_per_host = 1});
  auto one = call("GET", "/1");
  auto two = call("GET", "/2");
  one->send();
  two->send();
  server.expect(0, "\r\n\r\n");
  server.expect(1, "\r\n\r\n");
  server.answer(0, kEmpty);
  server.answer(1, kEmpty);
  turn_until([&] { return one->done() && two->done(); });
  EXPECT_EQ(Pool::idle_on_this_core(), 1U);
}

TEST(ClientClock, ASilentServerTimesOut) {
  loop::Loop loop(loop::Loop::ClockKind::kManual);
  FakeServer server;
  const Transport transport({.response_header_timeout = seconds(3), .idle_connection_timeout = seconds(9)});
  const Target target = Target::parse(server.url()).value();
  const http::Connection on;
  {
    http::Exchange exchange(on, nullptr);
    http::Request request;
    request.method = "GET";
    request.path = "/";
    request.headers = http::Headers(exchange.arena);
    Client client(transport, target, Pool::of(transport, target));
    std::optional<base::Result<http::Response>> answer;
    loop::Scope scope;
    scope.spawn(loop::store_into(client.send(request, exchange, nullptr), &answer));
    server.expect(0, "\r\n\r\n");
    loop.advance(seconds(2));
    EXPECT_FALSE(answer);
    loop.advance(seconds(1));
    ASSERT_TRUE(answer);
    ASSERT_FALSE(*answer);
    EXPECT_EQ(answer->error().kind(), ErrorKind::kTimeout);

    answer.reset();
    scope.spawn(loop::store_into(client.send(request, exchange, nullptr), &answer));
    server.expect(1, "\r\n\r\n");
    server.answer(1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    turn_until([&] { return answer.has_value(); });
    EXPECT_EQ(Pool::idle_on_this_core(), 1U);
    loop.advance(seconds(8));
    EXPECT_EQ(Pool::idle_on_this_core(), 1U);
    loop.advance(seconds(1));
    EXPECT_EQ(Pool::idle_on_this_core(), 0U);
  }
  Pool::close_all();
}

TEST(ClientTarget, IsParsedFromItsUrl) {
  const Target t = Target::parse("HTTP://u:p@Example.org:8080/base/?q#f").value();
  EXPECT_EQ(t.scheme, "http");
  EXPECT_EQ(t.authority, "Example.org:8080");
  EXPECT_EQ(t.host, "Example.org");
  EXPECT_EQ(t.port, 8080);
  EXPECT_EQ(t.path, "/base/");
  EXPECT_FALSE(t.address);
  EXPECT_EQ(Target::parse("http://[::1]:81")->address->text(), "[::1]:81");
  EXPECT_EQ(Target::parse("http://10.0.0.1")->address->text(), "10.0.0.1:80");
  EXPECT_EQ(Target::parse("https://a")->port, 443);
  for (const std::string_view bad : {":x", "http://a:b", "http://a:99999", "http://[::1", "http://[::1]x"}) {
    EXPECT_FALSE(Target::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace tandem::client
