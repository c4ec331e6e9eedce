#include "protocol/http1/server.h"

#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/loop/drive.h"
#include "engine/net/stream_pair.h"

namespace tandem::http1 {
namespace {

using loop::Loop;
using loop::turn;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

loop::Task<std::string> read_all(http::Body& body, bool* failed) {
  std::string out;
  for (;;) {
    const http::Chunk chunk = body.try_read();
    if (chunk.kind == http::Chunk::Kind::kWouldBlock) {
      co_await body.source().wait();
      continue;
    }
    *failed = chunk.kind == http::Chunk::Kind::kError;
    if (chunk.kind != http::Chunk::Kind::kBytes) co_return out;
    out.append(chunk.bytes);
  }
}

/// Gives its pieces one after the other, without a known length.
class Pieces final : public http::BodySource {
 public:
  explicit Pieces(std::vector<std::string> pieces, bool fails = false) : pieces_(std::move(pieces)), fails_(fails) {}
  http::Chunk try_read() override {
    if (at_ < pieces_.size()) return {http::Chunk::Kind::kBytes, pieces_[at_++]};
    return {fails_ ? http::Chunk::Kind::kError : http::Chunk::Kind::kEnd, {}};
  }
  loop::Task<void> wait() override { co_return; }
  base::Error error() const override { return {base::ErrorKind::kReset, "broken"}; }

 private:
  std::vector<std::string> pieces_;
  std::size_t at_ = 0;
  bool fails_;
};

/// Answers by path, and notes what it saw.
class FakeHandler final : public http::Handler {
 public:
  mutable std::vector<std::string> seen;
  mutable std::unique_ptr<net::Stream> upstream;

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    http::Arena& arena = exchange.arena;
    seen.push_back(std::string(request.method) + " " + std::string(request.path));
    http::Response response(200, arena);
    if (request.path == "/slow") co_await loop::sleep_for(seconds(10));
    if (request.path == "/early") {  // answers without looking at the content
      response.body = http::Body::of("early");
      co_return response;
    }
    if (request.path == "/glimpse") {  // takes one piece of the content and not its end
      seen.emplace_back(request.body.try_read().bytes);
      co_return response;
    }
    if (request.path == "/tunnel") {
      response.status = 101;
      response.headers.add_view(http::HeaderId::kConnection, "Upgrade");
      response.tunnel = std::make_unique<http::Tunnel>();
      response.tunnel->stream = std::move(upstream);
      response.tunnel->early = "early ";
      co_return response;
    }
    if (request.path == "/hints") {
      http::Headers hints(arena);
      hints.add("link", "</a>");
      co_await exchange.link->send_interim(103, hints);
    }
    bool failed = false;
    const std::string content = co_await read_all(request.body, &failed);
    if (!content.empty()) seen.push_back(content + (failed ? " (failed)" : ""));
    if (request.path == "/204") response.status = 204;
    if (request.path == "/304") {
      response.status = 304;
      response.announced_length = 77;
    }
    const bool streamed = request.path == "/chunked" || request.path == "/broken";
    if (streamed) {
      std::vector<std::string> pieces = {"one", std::string(5000, '2'), "three"};
      response.body = http::Body::from(std::make_unique<Pieces>(std::move(pieces), request.path == "/broken"), {});
    } else if (request.path != "/204" && request.path != "/304") {
      response.body = http::Body::of(arena.concat({"you are at ", request.path}));
    }
    response.close = request.path == "/close";
    co_return response;
  }
};

class FakeSource final : public HandlerSource {
 public:
  std::shared_ptr<const FakeHandler> handler = std::make_shared<const FakeHandler>();
  bool stops = false;
  mutable std::vector<int> ended_with;
  std::shared_ptr<const http::Handler> current() const override { return handler; }
  bool draining() const override { return stops; }
  void ended(const http::Exchange& /*exchange*/, const http::Outcome& outcome) const override {
    ended_with.push_back(outcome.status);
  }
};

class ServerSessionTest : public testing::Test {
 protected:
  void start() {
    session_.emplace(std::move(pair_.stream), std::make_unique<http::Connection>(), options_, source_);
    scope_.spawn(loop::note_end_of(session_->run(), &done_));
  }
  /// Sends and returns what comes back until nothing more does.
  std::string exchange(std::string_view bytes) {
    if (!session_) start();
    pair_.send(bytes);
    std::string out;
    for (int i = 0; i < 10; ++i) {
      turn();
      out += pair_.receive();
    }
    return out;
  }
  static std::string get(std::string_view path, std::string_view fields = "") {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
  }
  static std::string post(std::string_view path, std::string_view fields, std::string_view content) {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n" +
           std::string(content);
  }
  std::vector<std::string>& seen() { return source_.handler->seen; }

  Loop loop_{Loop::ClockKind::kManual};
  net::StreamPair pair_;
  ServerOptions options_;
  FakeSource source_;
  std::optional<ServerSession> session_;
  bool done_ = false;
  loop::Scope scope_;
};

TEST_F(ServerSessionTest, AnswersOneAfterTheOtherOnOneConnection) {
  const std::string first = exchange(get("/a"));
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(first, HasSubstr("Content-Length: 13\r\n"));
  EXPECT_THAT(first, HasSubstr("\r\nDate: "));
  EXPECT_THAT(first, EndsWith("\r\n\r\nyou are at /a"));
  EXPECT_THAT(first, Not(HasSubstr("Connection:")));
  EXPECT_THAT(exchange(get("/b")), EndsWith("you are at /b"));
  EXPECT_FALSE(done_);
  pair_.finish_sending();
  turn(3);
  EXPECT_TRUE(done_);
  EXPECT_THAT(source_.ended_with, ElementsAre(200, 200));
}

TEST_F(ServerSessionTest, ServesPipelinedRequestsInOrder) {
  (void)exchange(get("/a") + post("/b", "Content-Length: 3\r\n", "xyz") + get("/c"));
  EXPECT_THAT(seen(), ElementsAre("GET /a", "POST /b", "xyz", "GET /c"));
}

TEST_F(ServerSessionTest, TheSameForEverySplitOfTheBytes) {
  const std::string text = post("/p", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n") + get("/g");
  for (std::size_t at = 1; at < text.size(); ++at) {
    net::StreamPair pair;
    FakeSource source;
    loop::Scope scope;
    bool done = false;
    ServerSession session(std::move(pair.stream), std::make_unique<http::Connection>(), options_, source);
    pair.send(std::string_view(text).substr(0, at));
    scope.spawn(loop::note_end_of(session.run(), &done));
    turn(2);
    pair.send(std::string_view(text).substr(at));
    turn(4);
    EXPECT_THAT(source.handler->seen, ElementsAre("POST /p", "abcde", "GET /g")) << at;
    EXPECT_THAT(pair.receive(), EndsWith("you are at /g")) << at;
  }
}

TEST_F(ServerSessionTest, HeadAnnouncesWhatGetWouldGive) {
  const std::string head = exchange("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 13\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
  EXPECT_THAT(exchange(get("/a")), EndsWith("you are at /a"));
}

TEST_F(ServerSessionTest, StatusesWithoutContentHaveNone) {
  const std::string none = exchange(get("/204"));
  EXPECT_THAT(none, StartsWith("HTTP/1.1 204 No Content\r\n"));
  EXPECT_THAT(none, Not(HasSubstr("Content-Length")));
  const std::string unchanged = exchange(get("/304"));
  EXPECT_THAT(unchanged, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(unchanged, EndsWith("\r\n\r\n"));
  EXPECT_FALSE(done_);
}

TEST_F(ServerSessionTest, ContentOfUnknownLengthIsChunked) {
  const std::string answer = exchange(get("/chunked"));
  EXPECT_THAT(answer, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\n3\r\none\r\n1388\r\n2222"));
  EXPECT_THAT(answer, EndsWith("5\r\nthree\r\n0\r\n\r\n"));
  EXPECT_THAT(exchange(get("/a")), EndsWith("you are at /a"));
}

TEST_F(ServerSessionTest, ToHttp10ItEndsWithTheConnection) {
  const std::string answer = exchange("GET /chunked HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.0 200 OK\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("chunked")));
  EXPECT_THAT(answer, EndsWith("2three"));
  EXPECT_TRUE(done_);
}

TEST_F(ServerSessionTest, Http10StaysWhenAsked) {
  const std::string answer = exchange("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_FALSE(done_);
  (void)exchange("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(done_);
}

TEST_F(ServerSessionTest, ABrokenSourceCutsTheConnectionWithoutTheLastChunk) {
  const std::string answer = exchange(get("/broken"));
  EXPECT_THAT(answer, Not(HasSubstr("\r\n0\r\n")));
  EXPECT_TRUE(done_);
}

TEST_F(ServerSessionTest, ContinueIsSentWhenTheContentIsAskedFor) {
  EXPECT_EQ(exchange(post("/p", "Content-Length: 3\r\nExpect: 100-continue\r\n", "")), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(exchange("abc"), EndsWith("you are at /p"));
  EXPECT_THAT(seen(), ElementsAre("POST /p", "abc"));
  EXPECT_FALSE(done_);
}

TEST_F(ServerSessionTest, NoContinueWhenTheAnswerNeedsNoContent) {
  const std::string answer = exchange(post("/early", "Content-Length: 3\r\nExpect: 100-continue\r\n", ""));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
}

TEST_F(ServerSessionTest, AnEarlyAnswerToContentThatIsThereKeepsTheConnection) {
  const std::string content(10000, 'x');
  EXPECT_THAT(exchange(post("/early", "Content-Length: 10000\r\n", content)), EndsWith("early"));
  EXPECT_THAT(exchange(get("/a")), EndsWith("you are at /a"));
}

TEST_F(ServerSessionTest, AnEarlyAnswerToUnfinishedContentEndsTheConnection) {
  const std::string answer = exchange(post("/early", "Content-Length: 1000000\r\n", "only this"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(pair_.ended);
  EXPECT_FALSE(done_);  // it lingers, so that the answer is not destroyed by a reset
  loop_.advance(seconds(2));
  EXPECT_TRUE(done_);
}

TEST_F(ServerSessionTest, ContentThatWasTakenButNotEndedIsNoRequest) {
  const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\nX: " + std::string(5000, 'x') + "\r\n\r\n";
  (void)exchange(post("/glimpse", "Content-Length: " + std::to_string(smuggled.size()) + "\r\n", smuggled) +
                 get("/next"));
  EXPECT_THAT(seen(), ElementsAre("POST /glimpse", smuggled, "GET /next"));
}

TEST_F(ServerSessionTest, MalformedRequestsAreRefusedAndEndTheConnection) {
  const std::string answer =
      exchange("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(pair_.ended);
  EXPECT_TRUE(seen().empty());
}

TEST_F(ServerSessionTest, TooManyBytesOfFieldsAreRefused) {
  options_.max_header_bytes = 1000;
  EXPECT_THAT(exchange(get("/a", "X: " + std::string(6000, 'x') + "\r\n")), StartsWith("HTTP/1.1 431 "));
}

TEST_F(ServerSessionTest, MalformedChunksFailTheReadingOfTheContent) {
  (void)exchange(post("/p", "Transfer-Encoding: chunked\r\n", "3\r\nabcX"));
  EXPECT_THAT(seen(), ElementsAre("POST /p", "abc (failed)"));
}

TEST_F(ServerSessionTest, ServerWideOptionsAreAnsweredWithoutAHandler) {
  EXPECT_THAT(exchange("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(seen().empty());
}

TEST_F(ServerSessionTest, InterimResponsesComeFirst) {
  EXPECT_THAT(exchange(get("/hints")), StartsWith("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n"));
}

TEST_F(ServerSessionTest, ClosesWhenTheResponseOrTheClientSaysSo) {
  EXPECT_THAT(exchange(get("/close")), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(done_);
}

TEST_F(ServerSessionTest, DrainingEndsTheConnectionAfterItsRequest) {
  (void)exchange(get("/slow"));
  source_.stops = true;
  EXPECT_FALSE(session_->idle());
  loop_.advance(seconds(10));
  turn(3);
  EXPECT_THAT(pair_.receive(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(done_);
}

TEST_F(ServerSessionTest, IsIdleBetweenRequestsOnly) {
  (void)exchange(get("/a"));
  EXPECT_TRUE(session_->idle());
  (void)exchange(get("/slow"));
  EXPECT_FALSE(session_->idle());
  loop_.advance(seconds(10));
  turn(2);
  EXPECT_TRUE(session_->idle());
  source_.stops = true;
  session_->close_idle();
  turn(2);
  EXPECT_TRUE(done_);
}

TEST_F(ServerSessionTest, TheFirstRequestIsNotIdleEither) {
  pair_.send(get("/slow"));  // there before the session begins
  start();
  EXPECT_FALSE(session_->idle());
}

TEST_F(ServerSessionTest, AClientThatGoesEndsTheHandler) {
  (void)exchange(get("/slow"));
  pair_.close_peer();
  turn(2);
  EXPECT_TRUE(done_);
  EXPECT_THAT(source_.ended_with, ElementsAre(499));
}

TEST_F(ServerSessionTest, TimeOutsEndSilentConnections) {
  options_.read_timeout = seconds(5);
  options_.idle_timeout = seconds(20);
  (void)exchange(get("/a"));
  loop_.advance(seconds(19));
  EXPECT_FALSE(done_);
  loop_.advance(seconds(1));
  EXPECT_TRUE(done_);
}

TEST_F(ServerSessionTest, AHeadThatNeverEndsTimesOut) {
  options_.read_timeout = seconds(5);
  (void)exchange("GET / HTTP/1.1\r\nHo");
  loop_.advance(seconds(4));
  (void)exchange("st: h\r\n");
  EXPECT_FALSE(done_);
  loop_.advance(seconds(1));
  EXPECT_TRUE(done_);
}

TEST_F(ServerSessionTest, ContentThatNeverComesTimesOut) {
  options_.read_timeout = seconds(5);
  (void)exchange(post("/p", "Content-Length: 10\r\n", "abc"));
  loop_.advance(seconds(5));
  turn(2);
  EXPECT_THAT(seen(), ElementsAre("POST /p", "abc (failed)"));
}

TEST_F(ServerSessionTest, ContentThatComesTooSlowlyIsGivenUp) {
  options_.read_timeout = seconds(0);
  options_.min_bytes_per_second = 100;
  options_.min_bytes_grace = seconds(2);
  (void)exchange(post("/p", "Content-Length: 100000\r\n", "abc"));
  loop_.advance(seconds(1));
  (void)exchange(std::string(200, 'x'));
  loop_.advance(seconds(2));
  EXPECT_EQ(seen().size(), 1U);
  loop_.advance(seconds(2));
  EXPECT_THAT(seen().back(), EndsWith(" (failed)"));
}

TEST_F(ServerSessionTest, LimitsOfAConnectionAreKept) {
  options_.keep_alive_max_requests = 2;
  EXPECT_THAT(exchange(get("/a")), Not(HasSubstr("Connection: close")));
  EXPECT_THAT(exchange(get("/a")), HasSubstr("Connection: close"));
  EXPECT_TRUE(done_);
}

TEST_F(ServerSessionTest, TunnelsCarryWhatCameEarlyOnBothSides) {
  net::StreamPair server;
  source_.handler->upstream = std::move(server.stream);
  const std::string answer = exchange(get("/tunnel", "Connection: Upgrade\r\nUpgrade: x\r\n") + "first ");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 101 Switching Protocols\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nearly "));
  EXPECT_EQ(server.receive(), "first ");
  server.send("later");
  EXPECT_EQ(exchange("second"), "later");
  EXPECT_EQ(server.receive(), "second");
  server.finish_sending();
  pair_.finish_sending();
  turn(4);
  EXPECT_TRUE(done_);
}

TEST_F(ServerSessionTest, BytesReadBeforeTheSessionAreItsFirst) {
  session_.emplace(std::move(pair_.stream), std::make_unique<http::Connection>(), options_, source_);
  session_->preload(get("/a") + get("/b"));
  scope_.spawn(loop::note_end_of(session_->run(), &done_));
  EXPECT_THAT(exchange(""), EndsWith("you are at /b"));
  EXPECT_THAT(seen(), ElementsAre("GET /a", "GET /b"));
}

TEST_F(ServerSessionTest, MayBeDestroyedInTheMiddleOfAnything) {
  for (const std::string& text : {get("/slow"), std::string("GET / HT"), post("/p", "Content-Length: 10\r\n", "abc"),
                                  post("/early", "Content-Length: 10\r\n", "abc")}) {
    net::StreamPair pair;
    loop::Scope scope;
    bool done = false;
    ServerSession session(std::move(pair.stream), std::make_unique<http::Connection>(), options_, source_);
    pair.send(text);
    scope.spawn(loop::note_end_of(session.run(), &done));
    turn(2);
    scope.cancel();
    turn(2);
    EXPECT_FALSE(done);
  }
}

}  // namespace
}  // namespace tandem::http1
