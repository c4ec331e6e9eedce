#include "protocol/http2/server.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <vector>

#include "protocol/http2/fixture.h"

namespace tandem::http2 {
namespace {

using loop::Loop;
using testing::Contains;
using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;

/// A body whose pieces come when the test lets them.
class Slow final : public http::BodySource {
 public:
  struct Control {
    std::string ready;
    bool ended = false;
    bool broken = false;
    Signal signal;
    bool dropped = false;
  };
  Slow(Control& control, http::Arena& arena, bool trailers) : control_(control), trailers_(arena), with_(trailers) {
    trailers_.add("Grpc-Status", "0");
  }
  ~Slow() override { control_.dropped = true; }
  http::Chunk try_read() override {
    if (!control_.ready.empty()) {
      given_ = std::exchange(control_.ready, {});
      return {http::Chunk::Kind::kBytes, given_};
    }
    if (control_.broken) return {http::Chunk::Kind::kError, {}};
    return {control_.ended ? http::Chunk::Kind::kEnd : http::Chunk::Kind::kWouldBlock, {}};
  }
  loop::Task<void> wait() override { (void)co_await control_.signal.wait(); }
  base::Error error() const override { return {base::ErrorKind::kReset, "broken"}; }
  const http::Headers* trailers() const override { return with_ ? &trailers_ : nullptr; }

 private:
  Control& control_;
  std::string given_;
  http::Headers trailers_;
  bool with_;
};

class FakeHandler final : public http::Handler {
 public:
  mutable std::vector<std::string> seen;
  mutable Slow::Control body;
  mutable Signal gate;
  mutable std::size_t active = 0;
  mutable std::string large = std::string(600000, 'x');

  struct Counted {
    explicit Counted(std::size_t& of) : count(of) { ++count; }
    ~Counted() { --count; }
    std::size_t& count;
  };

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    const Counted counted(active);
    std::string line = std::string(request.method) + " " + std::string(request.host) + std::string(request.path);
    http::Response response(200, exchange.arena);
    if (request.path == "/interim") {
      http::Headers hints(exchange.arena);
      hints.add("Link", "</a.css>");
      co_await exchange.link->send_interim(103, hints);
    }
    if (request.path == "/blocked") (void)co_await gate.wait();
    while (request.body.streamed() && request.path != "/ignore") {
      const http::Chunk chunk = request.body.try_read();
      if (chunk.kind == http::Chunk::Kind::kWouldBlock) {
        co_await request.body.source().wait();
        continue;
      }
      if (chunk.kind == http::Chunk::Kind::kBytes) line.append(" ").append(std::to_string(chunk.bytes.size()));
      if (chunk.kind == http::Chunk::Kind::kError) line.append(" error");
      if (chunk.kind == http::Chunk::Kind::kError || chunk.kind == http::Chunk::Kind::kEnd) break;
    }
    if (request.body.trailers() != nullptr) {
      for (const http::HeaderField& field : *request.body.trailers()) {
        line.append(" ").append(field.name).append("=").append(field.value);
      }
    }
    seen.push_back(line);
    if (request.path == "/slow" || request.path == "/trailers") {
      auto source = std::make_unique<Slow>(body, exchange.arena, request.path == "/trailers");
      response.body = http::Body::from(std::move(source), {});
    } else if (request.path == "/large") {
      response.body = http::Body::of(large);
    } else {
      response.body = http::Body::of("hello");
    }
    response.headers.add("X-One", "1");
    response.headers.add("Connection", "close");
    co_return response;
  }
};

class FakeSource final : public http::HandlerSource {
 public:
  std::shared_ptr<const FakeHandler> handler = std::make_shared<const FakeHandler>();
  bool stops = false;
  mutable std::vector<std::pair<int, bool>> ended_with;  // status, whole
  std::shared_ptr<const http::Handler> current() const override { return handler; }
  bool draining() const override { return stops; }
  void ended(const http::Exchange& /*exchange*/, const http::Outcome& outcome) const override {
    ended_with.emplace_back(outcome.status, outcome.whole);
  }
};

class ServerSessionTest : public testing::Test {
 protected:
  void start(std::vector<nghttp2_settings_entry> settings = {}) {
    session_.emplace(std::move(pair_.stream), std::make_unique<http::Connection>(), options_, source_);
    scope_.spawn(loop::note_end_of(session_->run(""), &done_));
    peer_.emplace(pair_, std::move(settings));
  }
  Peer::Answer& ask(const Pairs& fields, std::string body = "", bool open = false) {
    if (!peer_) start();
    const std::int32_t id = peer_->request(fields, std::move(body), open);
    peer_->run();
    return peer_->answers[id];
  }
  const FakeHandler& handler() { return *source_.handler; }
  /// The connection was ended because of what the client does.
  bool calmed() {
    peer_->run();
    for (const auto& [last, code] : peer_->goaways) {
      if (code == NGHTTP2_ENHANCE_YOUR_CALM) return true;
    }
    return false;
  }

  Loop loop_{Loop::ClockKind::kManual};
  net::StreamPair pair_;
  ServerOptions options_;
  FakeSource source_;
  std::optional<Peer> peer_;
  std::optional<ServerSession> session_;
  bool done_ = false;
  loop::Scope scope_;
};

TEST_F(ServerSessionTest, AnswersRequests) {
  const Peer::Answer& answer = ask(Peer::get("/a"));
  EXPECT_EQ(answer.body, "hello");
  EXPECT_TRUE(answer.ended);
  EXPECT_EQ(answer.field(":status"), "200");
  EXPECT_EQ(answer.field("content-length"), "5");
  EXPECT_EQ(answer.field("x-one"), "1");
  EXPECT_EQ(answer.field("connection"), "(none)");
  EXPECT_NE(answer.field("date"), "(none)");
  EXPECT_THAT(handler().seen, ElementsAre("GET a.test/a"));
  EXPECT_THAT(source_.ended_with, ElementsAre(Pair(200, true)));
}

TEST_F(ServerSessionTest, AnswersHeadWithoutContent) {
  const Peer::Answer& answer = ask(Peer::get("/a", "HEAD"));
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(answer.field("content-length"), "5");
}

TEST_F(ServerSessionTest, ServesManyRequestsAtOnce) {
  start();
  for (int i = 0; i < 100; ++i) (void)peer_->request(Peer::get("/a"));
  peer_->run();
  EXPECT_THAT(handler().seen, SizeIs(100));
  EXPECT_EQ(session_->stream_count(), 0U);
}

TEST_F(ServerSessionTest, TellsMalformedFromRefusedRequests) {
  EXPECT_EQ(ask(Peer::get("x")).reset, NGHTTP2_PROTOCOL_ERROR + 1U);
  const Peer::Answer& refused = ask(Peer::get("/", "GET", {{"connection", "close"}}));
  EXPECT_EQ(refused.field(":status"), "400");
  EXPECT_EQ(refused.body, "request header \"Connection\" is not valid in HTTP/2\n");
  EXPECT_EQ(ask(Peer::get("*", "OPTIONS")).field(":status"), "200");
  EXPECT_EQ(ask(Peer::get("/a")).field(":status"), "200");
  EXPECT_THAT(handler().seen, SizeIs(1));
}

TEST_F(ServerSessionTest, PassesContentAndTrailersOn) {
  start();
  const std::int32_t id = peer_->request(Peer::get("/up", "POST"), std::string(1000, 'u'));
  peer_->add_trailers({{"x-sum", "9"}});
  peer_->run();
  EXPECT_TRUE(peer_->answers[id].ended);
  EXPECT_THAT(handler().seen, ElementsAre("POST a.test/up 1000 X-Sum=9"));
}

TEST_F(ServerSessionTest, HoldsContentToItsLength) {
  EXPECT_EQ(ask(Peer::get("/up", "POST", {{"content-length", "3"}}), "hello").reset, NGHTTP2_PROTOCOL_ERROR + 1U);
  EXPECT_EQ(ask(Peer::get("/up", "POST", {{"content-length", "9"}}), "hello").reset, NGHTTP2_PROTOCOL_ERROR + 1U);
  EXPECT_EQ(ask(Peer::get("/up", "POST", {{"content-length", "5"}}), "hello").field(":status"), "200");
}

TEST_F(ServerSessionTest, TakesNoMoreContentThanIsPulled) {
  options_.stream_window = 100000;
  options_.connection_window = 150000;
  start();
  (void)peer_->request(Peer::get("/blocked", "POST"), std::string(1000000, 'u'));
  peer_->run(40);
  EXPECT_EQ(nghttp2_session_get_stream_remote_window_size(peer_->raw, 1), 0);
  handler().gate.notify();
  peer_->run(200);
  EXPECT_TRUE(peer_->answers[1].ended);
}

TEST_F(ServerSessionTest, UnreadContentOfOneRequestLeavesRoomForOthers) {
  options_.stream_window = 100000;
  options_.connection_window = 150000;
  start();
  for (int i = 0; i < 10; ++i) (void)ask(Peer::get("/ignore", "POST"), std::string(90000, 'u'));
  EXPECT_TRUE(ask(Peer::get("/up", "POST"), std::string(90000, 'u')).ended);
}

TEST_F(ServerSessionTest, EndsUnwantedContentAfterTheAnswer) {
  const Peer::Answer& answer = ask(Peer::get("/ignore", "POST"), "part", true);
  EXPECT_TRUE(answer.ended);
  EXPECT_EQ(answer.reset, NGHTTP2_NO_ERROR + 1U);
}

TEST_F(ServerSessionTest, SendsContinueWhenContentIsWanted) {
  const Peer::Answer& answer = ask(Peer::get("/up", "POST", {{"expect", "100-continue"}}), "hello");
  ASSERT_THAT(answer.blocks, SizeIs(2));
  EXPECT_THAT(answer.blocks[0], ElementsAre(Pair(":status", "100")));
}

TEST_F(ServerSessionTest, SendsInterimResponses) {
  const Peer::Answer& answer = ask(Peer::get("/interim"));
  ASSERT_THAT(answer.blocks, SizeIs(2));
  EXPECT_THAT(answer.blocks[0], ElementsAre(Pair(":status", "103"), Pair("link", "</a.css>")));
}

TEST_F(ServerSessionTest, SendsContentAsItComesAndTrailers) {
  Peer::Answer& answer = ask(Peer::get("/trailers"));
  EXPECT_EQ(answer.field(":status"), "200");
  handler().body.ready = "one";
  handler().body.signal.notify();
  peer_->run();
  EXPECT_EQ(answer.body, "one");
  EXPECT_FALSE(answer.ended);
  handler().body.ready = "two";
  handler().body.ended = true;
  handler().body.signal.notify();
  peer_->run();
  EXPECT_EQ(answer.body, "onetwo");
  EXPECT_TRUE(answer.ended);
  ASSERT_THAT(answer.blocks, SizeIs(2));
  EXPECT_THAT(answer.blocks[1], ElementsAre(Pair("grpc-status", "0")));
}

TEST_F(ServerSessionTest, ResetsAStreamWhoseContentBreaks) {
  Peer::Answer& answer = ask(Peer::get("/slow"));
  handler().body.broken = true;
  handler().body.signal.notify();
  peer_->run();
  EXPECT_EQ(answer.reset, NGHTTP2_INTERNAL_ERROR + 1U);
  EXPECT_THAT(source_.ended_with, ElementsAre(Pair(200, false)));
}

TEST_F(ServerSessionTest, SendsLargeContentAsWindowsAllow) {
  Peer::Answer& answer = ask(Peer::get("/large"));
  peer_->run(100);
  EXPECT_EQ(answer.body, handler().large);
}

TEST_F(ServerSessionTest, DropsTheHandlerOfACancelledStream) {
  (void)ask(Peer::get("/blocked"));
  EXPECT_EQ(handler().active, 1U);
  nghttp2_submit_rst_stream(peer_->raw, 0, 1, NGHTTP2_CANCEL);
  peer_->run();
  EXPECT_EQ(handler().active, 0U);
  EXPECT_THAT(source_.ended_with, ElementsAre(Pair(http::kClientClosedRequest, false)));
}

TEST_F(ServerSessionTest, DropsEverythingWhenTheClientGoes) {
  (void)ask(Peer::get("/blocked"));
  (void)ask(Peer::get("/slow"));
  pair_.close_peer();
  loop::turn(10);
  loop_.advance(std::chrono::seconds(2));
  EXPECT_TRUE(done_);
  EXPECT_EQ(handler().active, 0U);
  EXPECT_TRUE(handler().body.dropped);
}

TEST_F(ServerSessionTest, AnnouncesItsEndAndServesWhatIsUnderWay) {
  Peer::Answer& answer = ask(Peer::get("/blocked"));
  session_->drain();
  peer_->run();
  EXPECT_THAT(peer_->goaways, ElementsAre(Pair(0x7fffffff, NGHTTP2_NO_ERROR)));
  EXPECT_TRUE(ask(Peer::get("/a")).field(":status") == "(none)");  // the peer knows better than to send it
  loop_.advance(std::chrono::seconds(2));
  peer_->run();
  EXPECT_THAT(peer_->goaways, SizeIs(2));
  handler().gate.notify();
  peer_->run();
  EXPECT_EQ(answer.body, "hello");
  EXPECT_TRUE(pair_.ended);
}

TEST_F(ServerSessionTest, ClosesWhatWaitsWhenItDrains) {
  (void)ask(Peer::get("/a"));
  session_->drain();
  peer_->run();
  EXPECT_THAT(peer_->goaways, ElementsAre(Pair(1, NGHTTP2_NO_ERROR)));
  EXPECT_TRUE(pair_.ended);
}

TEST_F(ServerSessionTest, EndsAfterTheLastRequestOfAConnection) {
  options_.keep_alive_max_requests = 2;
  start();
  for (int i = 0; i < 3; ++i) (void)peer_->request(Peer::get("/a"));
  peer_->run();
  EXPECT_THAT(peer_->goaways, ElementsAre(Pair(3, NGHTTP2_NO_ERROR)));
  EXPECT_THAT(handler().seen, SizeIs(2));
}

TEST_F(ServerSessionTest, ClosesIdleConnections) {
  (void)ask(Peer::get("/a"));
  loop_.advance(std::chrono::seconds(181));
  peer_->run();
  EXPECT_TRUE(pair_.ended);
}

TEST_F(ServerSessionTest, RefusesListsOfFieldsBeyondTheLimit) {
  options_.max_header_bytes = 2000;
  EXPECT_EQ(ask(Peer::get("/", "GET", {{"x", std::string(2500, 'v')}})).field(":status"), "431");
  EXPECT_EQ(ask(Peer::get("/a")).field(":status"), "200");
}

// Abuse.

TEST_F(ServerSessionTest, EndsConnectionsThatOpenAndResetStreams) {
  start();
  for (int i = 0; i < 2000 && !done_; ++i) {
    const std::int32_t id = peer_->request(Peer::get("/blocked"));
    peer_->run(1);
    nghttp2_submit_rst_stream(peer_->raw, 0, id, NGHTTP2_CANCEL);
    if (i % 50 == 0) peer_->run(2);
  }
  EXPECT_TRUE(calmed());
  EXPECT_EQ(handler().active, 0U);
}

TEST_F(ServerSessionTest, BeginsNoWorkForStreamsThatAreResetAtOnce) {
  start();
  peer_->run();
  const std::int32_t id = peer_->request(Peer::get("/blocked"));
  const std::uint8_t* bytes = nullptr;
  const ssize_t size = nghttp2_session_mem_send(peer_->raw, &bytes);
  std::string both(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  both += frame(NGHTTP2_RST_STREAM, 0, id, std::string("\0\0\0\x08", 4));
  peer_->send(both);
  EXPECT_THAT(source_.ended_with, SizeIs(0));
  EXPECT_EQ(session_->stream_count(), 0U);
}

TEST_F(ServerSessionTest, EndsConnectionsThatBreakStreams) {
  start();
  for (int i = 0; i < 1000 && peer_->goaways.empty(); ++i) {
    (void)peer_->request(Peer::get("no-path"));
    peer_->run(2);
  }
  EXPECT_TRUE(calmed());
}

TEST_F(ServerSessionTest, EndsFloodsOfControlFrames) {
  const std::string ping = frame(NGHTTP2_PING, 0, 0, "12345678");
  const std::string settings = frame(NGHTTP2_SETTINGS, 0, 0, "");
  const std::string priority = frame(NGHTTP2_PRIORITY, 0, 1, std::string("\0\0\0\0\x10", 5));
  for (const std::string& one : {ping, settings, priority}) {
    net::StreamPair pair;
    ServerSession session(std::move(pair.stream), std::make_unique<http::Connection>(), options_, source_);
    loop::Scope scope;
    scope.spawn(session.run(""));
    Peer peer(pair);
    peer.run();
    std::string flood;
    for (int i = 0; i < 1000; ++i) flood += one;
    for (int i = 0; i < 30 && peer.goaways.empty(); ++i) peer.send(flood);
    ASSERT_THAT(peer.goaways, SizeIs(1)) << int(one[3]);
    EXPECT_EQ(peer.goaways[0].second, NGHTTP2_ENHANCE_YOUR_CALM);
  }
}

TEST_F(ServerSessionTest, EndsFloodsOfEmptyFrames) {
  (void)ask(Peer::get("/blocked", "POST"), "", true);
  std::string flood;
  for (int i = 0; i < 1000; ++i) flood += frame(NGHTTP2_DATA, 0, 1, "");
  for (int i = 0; i < 30 && peer_->goaways.empty(); ++i) peer_->send(flood);
  EXPECT_TRUE(calmed());
}

TEST_F(ServerSessionTest, EndsFieldsThatGoOnForEver) {
  start();
  peer_->run();
  std::string flood = frame(NGHTTP2_HEADERS, 0, 1, std::string(1, '\x82'));
  for (int i = 0; i < 1000; ++i) flood += frame(NGHTTP2_CONTINUATION, 0, 1, std::string(1, '\x82'));
  peer_->send(flood);
  loop_.advance(std::chrono::seconds(2));
  EXPECT_TRUE(done_ || !peer_->goaways.empty());
  EXPECT_THAT(handler().seen, SizeIs(0));
}

TEST_F(ServerSessionTest, GivesUpContentThatComesTooSlowly) {
  options_.read_timeout = std::chrono::seconds(0);
  options_.min_bytes_per_second = 100;
  options_.min_bytes_grace = std::chrono::seconds(2);
  (void)ask(Peer::get("/p", "POST"), std::string(200, 'x'), true);
  loop_.advance(std::chrono::seconds(3));
  EXPECT_THAT(handler().seen, SizeIs(0));
  loop_.advance(std::chrono::seconds(2));
  ASSERT_THAT(handler().seen, SizeIs(1));
  EXPECT_THAT(handler().seen[0], testing::EndsWith(" error"));
}

TEST_F(ServerSessionTest, EndsBombsOfCompressedFields) {
  options_.max_header_bytes = 10000;
  start();
  peer_->run();
  // One field of 4,000 bytes into the table, then references to it, a byte each.
  std::string block("\x40\x01x", 3);
  block += std::string("\x7f\xa1\x1e", 3) + std::string(4000, 'v');
  block += std::string(8000, '\xbe');
  peer_->send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, block));
  EXPECT_TRUE(calmed());
}

TEST_F(ServerSessionTest, ResetsStreamsOfReadersThatTakeNothing) {
  start({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1}});
  const std::int32_t id = peer_->request(Peer::get("/large"));
  peer_->run();
  for (int i = 0; i < 300; ++i) {
    loop_.advance(std::chrono::seconds(1));
    if (i % 10 == 0) peer_->run();  // the peer gives leave for a byte after each byte
  }
  peer_->run();
  EXPECT_EQ(peer_->answers[id].reset, NGHTTP2_CANCEL + 1U);
  EXPECT_EQ(session_->stream_count(), 0U);
}

TEST_F(ServerSessionTest, EndsConnectionsThatAreNotRead) {
  const std::uint32_t widest = 0x7fffffff;
  start({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, widest}});
  peer_->run();
  peer_->send(frame(NGHTTP2_WINDOW_UPDATE, 0, 0, std::string("\x3f\xff\xff\xff", 4)));
  peer_->deaf = true;
  for (int i = 0; i < 5; ++i) (void)peer_->request(Peer::get("/large"));
  peer_->run();
  loop_.advance(std::chrono::seconds(300));
  EXPECT_TRUE(done_);
}

TEST_F(ServerSessionTest, ReadsNoMoreFromWhoDoesNotTakeAnswers) {
  start();
  peer_->run();
  peer_->deaf = true;
  std::string flood;
  for (int i = 0; i < 20000; ++i) flood += frame(NGHTTP2_PING, 0, 0, "12345678");
  for (int i = 0; i < 20; ++i) {
    peer_->waiting += flood;
    peer_->run();
    loop_.advance(std::chrono::seconds(5));
  }
  EXPECT_TRUE(done_ || !peer_->waiting.empty());
}

TEST_F(ServerSessionTest, EndsWhatIsNotHttp2) {
  session_.emplace(std::move(pair_.stream), std::make_unique<http::Connection>(), options_, source_);
  scope_.spawn(loop::note_end_of(session_->run("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"), &done_));
  loop::turn(3);
  pair_.close_peer();
  loop::turn(3);
  EXPECT_TRUE(done_);
}

}  // namespace
}  // namespace tandem::http2
