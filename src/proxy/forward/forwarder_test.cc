#include "proxy/forward/forwarder.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <string>

#include "engine/loop/drive.h"
#include "engine/net/tcp.h"
#include "protocol/client/pool.h"

namespace tandem::forward {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::Optional;
using testing::StartsWith;

/// Sends one request through a forwarder to a server that answers with `answer`; `received` is what that server got.
class ForwarderTest : public testing::Test {
 protected:
  ForwarderTest() : listening_(net::listen_tcp(net::Address(*net::IpAddress::parse("127.0.0.1"), 0), {}).value()) {
    connection_.peer_ip_text = "192.0.2.7";
    url_ = "http://127.0.0.1:" + std::to_string(net::local_address(listening_).port());
    exchange_.emplace(connection_, nullptr);
    request_.method = "GET";
    request_.host = "public.example";
    request_.path = "/a";
    request_.headers = http::Headers(exchange_->arena);
  }
  ~ForwarderTest() override {
    client::Pool::close_all();
    if (listening_ >= 0) ::close(listening_);
  }

  http::Response send(const ServerOptions& options, std::string_view answer) {
    const auto transport = std::make_shared<const client::Transport>(client::TransportOptions{});
    const http::HandlerPtr forwarder = make_forwarder(options, transport).value();
    loop::Scope scope;
    std::optional<http::Response> response;
    scope.spawn(loop::store_into(forwarder->handle(std::move(request_), *exchange_), &response));
    if (listening_ >= 0) {
      net::Acceptor acceptor(listening_);
      loop::turn_until([&] {
        if (server_ < 0) server_ = acceptor.try_accept().fd;
        std::array<char, 65536> room;
        const ssize_t got = server_ >= 0 ? ::recv(server_, room.data(), room.size(), 0) : 0;
        if (got > 0) received_.append(room.data(), static_cast<std::size_t>(got));
        return response || received_.contains("\r\n\r\n");
      });
      if (server_ >= 0) {
        ::send(server_, answer.data(), answer.size(), MSG_NOSIGNAL);
        ::close(server_);
      }
    }
    loop::turn_until([&] { return response.has_value(); });
    return std::move(*response);
  }

  static constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  loop::Loop loop_;
  int listening_ = -1;
  int server_ = -1;
  std::string url_;
  std::string received_;
  http::Connection connection_;
  std::optional<http::Exchange> exchange_;
  http::Request request_;
};

TEST_F(ForwarderTest, PassesTheRequestWithoutWhatConcernsOneConnection) {
  request_.headers.add("Connection", "x-private");
  request_.headers.add("X-Private", "1");
  request_.headers.add("X-Public", "2");
  request_.headers.add("TE", "trailers, gzip");
  const http::Response response = send({.url = url_}, kOk);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body.bytes(), "ok");
  EXPECT_EQ(exchange_->origin_status, 200);
  EXPECT_THAT(received_, StartsWith("GET /a HTTP/1.1\r\nHost: public.example\r\n"));
  EXPECT_THAT(received_, HasSubstr("\r\nX-Public: 2\r\n"));
  EXPECT_THAT(received_, HasSubstr("\r\nTe: trailers\r\n"));
  EXPECT_THAT(received_, HasSubstr("\r\nX-Forwarded-For: 192.0.2.7\r\n"));
  EXPECT_THAT(received_, Not(HasSubstr("Private")));
}

TEST_F(ForwarderTest, AppendsToTheListOfForwarders) {
  request_.headers.add("X-Forwarded-For", "10.0.0.1");
  (void)send({.url = url_}, kOk);
  EXPECT_THAT(received_, HasSubstr("\r\nX-Forwarded-For: 10.0.0.1, 192.0.2.7\r\n"));
}

TEST_F(ForwarderTest, MayNameTheServerAndKeepItsPath) {
  (void)send({.url = url_ + "/base/", .pass_host_header = false, .preserve_path = true}, kOk);
  EXPECT_THAT(received_, StartsWith("GET /base/a HTTP/1.1\r\nHost: 127.0.0.1:"));
}

TEST_F(ForwarderTest, SemicolonsOfTheQueryAreNoSecondMeaning) {
  request_.query = "a=1;b=2";
  request_.has_query = true;
  (void)send({.url = url_}, kOk);
  EXPECT_THAT(received_, Not(HasSubstr(";")));
}

TEST_F(ForwarderTest, HopByHopFieldsOfTheResponseGo) {
  const http::Response response =
      send({.url = url_},
           "HTTP/1.1 200 OK\r\nConnection: x-a\r\nX-A: 1\r\nX-B: 2\r\nKeep-Alive: 3\r\nContent-Length: 0\r\n\r\n");
  EXPECT_FALSE(response.headers.get("X-A"));
  EXPECT_FALSE(response.headers.get("Keep-Alive"));
  EXPECT_THAT(response.headers.get("X-B"), Optional(std::string_view("2")));
}

TEST_F(ForwarderTest, UpgradesArePassedOnBothWays) {
  request_.upgrade = "websocket";
  request_.headers.add("Connection", "Upgrade");
  request_.headers.add("Upgrade", "websocket");
  const http::Response response =
      send({.url = url_}, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\nhello");
  EXPECT_THAT(received_, HasSubstr("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"));
  EXPECT_EQ(response.status, 101);
  ASSERT_NE(response.tunnel, nullptr);
  EXPECT_EQ(response.tunnel->early, "hello");
  EXPECT_THAT(response.headers.get("Upgrade"), Optional(std::string_view("WebSocket")));
}

TEST_F(ForwarderTest, AnUpgradeNobodyAskedForIsAFailure) {
  const http::Response response = send({.url = url_}, "HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.tunnel, nullptr);
}

TEST_F(ForwarderTest, FailuresOfTheServerBecomeStatuses) { EXPECT_EQ(send({.url = url_}, "").status, 502); }

TEST_F(ForwarderTest, NonsenseOfTheServerBecomesAStatus) {
  EXPECT_GE(send({.url = url_}, "nonsense\r\n\r\n").status, 500);
}

TEST_F(ForwarderTest, AServerThatIsNotThereIsABadGateway) {
  ::close(std::exchange(listening_, -1));
  const http::Response response = send({.url = url_}, "");
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(response.body.bytes(), "Bad Gateway");
}

TEST(MakeForwarder, RefusesWhatIsNoUrl) {
  const auto transport = std::make_shared<const client::Transport>(client::TransportOptions{});
  EXPECT_FALSE(make_forwarder({.url = "http://a:b"}, transport));
}

}  // namespace
}  // namespace tandem::forward
