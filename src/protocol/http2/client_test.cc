#include "protocol/http2/client.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>

#include "engine/net/tcp.h"
#include "protocol/http2/fixture.h"
#include "protocol/http2/server.h"

namespace tandem::http2 {
namespace {

using loop::Loop;

/// Echoes content and trailers, or does what the path says.
class Echo final : public http::Handler {
 public:
  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    http::Response response(200, exchange.arena);
    response.headers.add("X-Method", request.method);
    const int interims = request.path == "/interim" ? 1 : request.path == "/interims" ? 101 : 0;
    for (int i = 0; i < interims; ++i) co_await exchange.link->send_interim(103, response.headers);
    if (request.path == "/hang") (void)co_await never.wait();
    if (request.path == "/echo") {
      const auto length = request.body.length();
      response.body = http::Body::from(request.body.take_source(), length);
    } else {
      response.body = http::Body::of("answer");
    }
    co_return response;
  }
  mutable Signal never;
};

class Source final : public http::HandlerSource {
 public:
  std::shared_ptr<const http::Handler> current() const override { return handler; }
  bool draining() const override { return false; }
  void ended(const http::Exchange& /*exchange*/, const http::Outcome& /*outcome*/) const override { ++ended_count; }
  std::shared_ptr<const http::Handler> handler = std::make_shared<const Echo>();
  mutable int ended_count = 0;
};

class Upload final : public http::BodySource {
 public:
  Upload(std::size_t size, http::Arena& arena) : left_(size), trailers_(arena) { trailers_.add("X-Sum", "1"); }
  http::Chunk try_read() override {
    if (left_ == 0) return {http::Chunk::Kind::kEnd, {}};
    const std::size_t size = std::min<std::size_t>(left_, 50000);
    left_ -= size;
    return {http::Chunk::Kind::kBytes, std::string_view(bytes_).substr(0, size)};
  }
  loop::Task<void> wait() override { co_return; }
  base::Error error() const override { return {base::ErrorKind::kIo, "none"}; }
  const http::Headers* trailers() const override { return &trailers_; }

 private:
  std::size_t left_;
  std::string bytes_ = std::string(50000, 'u');
  http::Headers trailers_;
};

struct Interims final : http::ClientLink {
  loop::Task<void> send_interim(int status, const http::Headers& /*headers*/) override {
    seen.push_back(status);
    co_return;
  }
  std::vector<int> seen;
};

class ClientSessionTest : public testing::Test {
 protected:
  ClientSessionTest() {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) != 0) std::abort();
    server_.emplace(std::make_unique<net::SocketStream>(fds[0]), std::make_unique<http::Connection>(), server_options_,
                    source_);
    scope_.spawn(loop::note_end_of(server_->run(""), &server_done_));
    const ClientSession::Listener listener{[](void* self, ClientSession&) { ++*static_cast<int*>(self); }, &changes_};
    client_.emplace(std::make_unique<net::SocketStream>(fds[1]), client_options_, listener);
    client_->start();
  }
  ~ClientSessionTest() override { requests_.cancel(); }

  /// One request; what came of it stands in `result`.
  struct Result {
    int status = 0;
    std::string body;
    std::string trailer;
    std::optional<base::ErrorKind> error;
    bool retryable = false;
    bool done = false;
  };
  loop::Task<void> ask(std::string method, std::string path, std::optional<std::size_t> upload, Result* result) {
    http::Connection connection;
    http::Exchange exchange(connection, nullptr);
    http::Request request;
    request.method = method;
    request.host = "a.test";
    request.path = path;
    request.headers = http::Headers(exchange.arena);
    if (upload) request.body = http::Body::from(std::make_unique<Upload>(*upload, exchange.arena), {});
    base::Result<http::Response> response = co_await client_->send(request, exchange, &interims_, "http");
    if (!response) {
      result->error = response.error().kind();
      result->retryable = response.error().retryable();
      result->done = true;
      co_return;
    }
    result->status = response->status;
    for (;;) {
      const http::Chunk chunk = response->body.try_read();
      if (chunk.kind == http::Chunk::Kind::kWouldBlock) {
        co_await response->body.source().wait();
        continue;
      }
      if (chunk.kind == http::Chunk::Kind::kError) result->error = response->body.source().error().kind();
      if (chunk.kind != http::Chunk::Kind::kBytes) break;
      result->body.append(chunk.bytes);
    }
    if (const http::Headers* trailers = response->body.trailers(); trailers != nullptr && !trailers->empty()) {
      result->trailer = trailers->begin()->name;
    }
    result->done = true;
  }
  void start(Result& result, std::string method, std::string path, std::optional<std::size_t> upload = {}) {
    requests_.spawn(ask(std::move(method), std::move(path), upload, &result));
  }

  Loop loop_{Loop::ClockKind::kManual};
  ServerOptions server_options_;
  ClientOptions client_options_;
  Source source_;
  Interims interims_;
  int changes_ = 0;
  bool server_done_ = false;
  std::optional<ServerSession> server_;
  std::optional<ClientSession> client_;
  loop::Scope scope_;
  loop::Scope requests_;
};

TEST_F(ClientSessionTest, SendsRequestsBesideEachOther) {
  std::array<Result, 50> results;
  for (Result& result : results) start(result, "GET", "/x");
  loop::turn(20);
  for (const Result& result : results) {
    EXPECT_EQ(result.status, 200);
    EXPECT_EQ(result.body, "answer");
  }
  EXPECT_EQ(client_->stream_count(), 0U);
  EXPECT_EQ(client_->held(), 0U);
}

TEST_F(ClientSessionTest, SendsAndReceivesContentAndTrailers) {
  Result result;
  start(result, "POST", "/echo", 3000000);
  for (int i = 0; i < 3000 && !result.done; ++i) loop::turn();
  EXPECT_EQ(result.body.size(), 3000000U);
  EXPECT_EQ(result.trailer, "X-Sum");
  EXPECT_EQ(client_->held(), 0U);
}

TEST_F(ClientSessionTest, HandsInterimResponsesOn) {
  Result result;
  start(result, "GET", "/interim");
  loop::turn(10);
  EXPECT_THAT(interims_.seen, testing::ElementsAre(103));
  EXPECT_EQ(result.status, 200);
}

TEST_F(ClientSessionTest, GivesUpOnInterimResponsesWithoutEnd) {
  Result result;
  start(result, "GET", "/interims");
  for (int i = 0; i < 100 && !result.done; ++i) loop::turn();
  EXPECT_TRUE(result.done);
  EXPECT_NE(result.status, 200);
}

TEST_F(ClientSessionTest, CancelsTheStreamOfARequestThatIsGivenUp) {
  Result result;
  start(result, "GET", "/hang");
  loop::turn(10);
  EXPECT_EQ(server_->stream_count(), 1U);
  requests_.cancel();
  loop::turn(10);
  EXPECT_EQ(server_->stream_count(), 0U);
  EXPECT_EQ(client_->stream_count(), 0U);
  EXPECT_EQ(source_.ended_count, 1);
}

TEST_F(ClientSessionTest, GivesUpAnUploadThatIsUnderWay) {
  Result result;
  start(result, "POST", "/hang", 100000000);
  loop::turn(30);
  requests_.cancel();
  loop::turn(10);
  EXPECT_EQ(client_->held(), 0U);
  EXPECT_EQ(client_->stream_count(), 0U);
  Result after;
  start(after, "GET", "/x");
  loop::turn(20);
  EXPECT_EQ(after.body, "answer");
}

TEST_F(ClientSessionTest, TakesNoRequestsAfterGoaway) {
  Result hanging;
  start(hanging, "GET", "/hang");
  loop::turn(10);
  server_->drain();
  loop::turn(10);
  EXPECT_FALSE(client_->usable());
  EXPECT_FALSE(hanging.done);
}

TEST_F(ClientSessionTest, FailsItsRequestsWhenTheConnectionEnds) {
  Result first;
  start(first, "GET", "/x");
  loop::turn(10);
  Result second;
  Result third;
  start(second, "GET", "/hang");
  start(third, "POST", "/hang", 10);
  loop::turn(10);
  server_.reset();
  scope_.cancel();
  loop::turn(10);
  EXPECT_EQ(second.error, base::ErrorKind::kClosed);
  EXPECT_TRUE(second.retryable);
  EXPECT_TRUE(third.error.has_value());
  EXPECT_FALSE(third.retryable);
  EXPECT_TRUE(client_->over());
  EXPECT_GT(changes_, 0);
}

TEST_F(ClientSessionTest, ClosesWhenNobodyAsksAnyMore) {
  Result result;
  start(result, "GET", "/x");
  loop::turn(10);
  loop_.advance(std::chrono::seconds(200));
  loop::turn(10);
  EXPECT_TRUE(client_->over());
}

}  // namespace
}  // namespace tandem::http2
