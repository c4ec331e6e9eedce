#include "protocol/http1/server.h"

#include <array>
#include <cstring>

#include "engine/net/pump.h"
#include "protocol/http1/server_turn.h"
#include "protocol/http1/target.h"

namespace tandem::http1 {

namespace {

constexpr HeadError kBadTarget{400, "400 Bad Request"};
// Go reads this much beyond maxHeaderBytes before it gives up; limits keep their meaning that way.
constexpr std::size_t kHeaderSlack = 4096;
// What a client may still send after an early answer before its connection is cut (Go: 256 KiB).
constexpr std::size_t kLingerBytes = std::size_t{256} * 1024;
constexpr auto kLingerTime = std::chrono::seconds(2);
// A request's content that is wholly there and not larger than this is handed on as one piece.
constexpr std::size_t kSmallContent = 4096;

loop::TimePoint after(loop::TimePoint from, loop::Nanoseconds time) {
  return time.count() > 0 ? from + time : loop::kNever;
}

}  // namespace

/// The Body of a request: refers to the turn's Content, and sends "100 Continue" when it is first pulled.
class ServerSession::RequestBody final : public http::BodySource {
 public:
  explicit RequestBody(ServerSession& session, Turn& turn) : session_(session), turn_(turn) {}

  http::Chunk try_read() override {
    if (turn_.continue_owed) send_continue();
    return turn_.content.try_read();
  }
  loop::Task<void> wait() override {
    const loop::Wake wake = co_await turn_.content.readable();
    turn_.content.waited(wake);
  }
  base::Error error() const override { return turn_.content.error(); }
  const http::Headers* trailers() const override { return turn_.content.trailers(); }

 private:
  void send_continue() {
    turn_.continue_owed = false;
    turn_.continue_sent = true;
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const iovec vector{const_cast<char*>(kContinue.data()), kContinue.size()};
    // Nothing else is on its way to the client, so there is room; if not, the client's own time-out sends the content.
    (void)session_.wire_.stream->try_write(std::span(&vector, 1));
  }

  ServerSession& session_;
  Turn& turn_;
};

ServerSession::ServerSession(std::unique_ptr<net::Stream> stream, std::unique_ptr<http::Connection> connection,
                             const ServerOptions& options, const HandlerSource& handlers)
    : connection_(std::move(connection)), options_(options), handlers_(handlers), opened_(loop::Loop::current().now()) {
  wire_.stream = std::move(stream);
}

ServerSession::~ServerSession() = default;

void ServerSession::preload(std::string_view bytes) { wire_.in.append(bytes, bytes.size()); }

ServerSession::Handover ServerSession::take_http2() {
  if (!met_http2_) return {};
  Handover handover{.stream = std::move(wire_.stream), .connection = std::move(connection_), .early = {}};
  handover.early.append("PRI * HTTP/2.0\r\n\r\n").append(wire_.in.view());
  return handover;
}

void ServerSession::close_idle() { ::shutdown(wire_.stream->descriptor().fd(), SHUT_RD); }

loop::Task<void> ServerSession::run() {
  for (;;) {
    const bool more = co_await wait_for_request();
    if (!more) break;
    const bool kept = co_await serve();
    if (!kept) break;
  }
}

loop::Task<bool> ServerSession::wait_for_request() {
  idle_ = false;
  if (!wire_.in.empty()) co_return true;
  if (requests_ == 0) {
    // The first request often arrives with the connection; trying costs less than asking to be told.
    const net::IoCount count = wire_.fill();
    if (count.moved()) co_return true;
    if (!count.would_block()) co_return false;
  }
  wire_.in.release();  // a connection that waits holds no memory for what may come
  idle_ = true;
  const loop::Nanoseconds patience =
      requests_ == 0 || options_.idle_timeout.count() == 0 ? options_.read_timeout : options_.idle_timeout;
  const loop::TimePoint deadline = after(loop::Loop::current().now(), patience);
  for (;;) {
    if (handlers_.draining()) co_return false;
    const loop::Wake wake = co_await wire_.stream->readable(deadline);
    if (wake == loop::Wake::kTimeout) co_return false;
    const net::IoCount count = wire_.fill();
    if (count.moved()) break;
    if (!count.would_block()) co_return false;
  }
  idle_ = false;
  co_return true;
}

loop::Task<std::optional<HeadError>> ServerSession::read_head(Turn& turn) {
  constexpr HeadError kTooLarge{431, "431 Request Header Fields Too Large"};
  std::size_t scanned = 0;
  const std::size_t limit = options_.max_header_bytes + kHeaderSlack;
  for (;;) {
    const HeadEnd end = find_head_end(wire_.in.view(), scanned);
    if (end.kind == HeadEnd::Kind::kBad) co_return HeadError{400, "400 Bad Request"};
    const std::size_t size = end.kind == HeadEnd::Kind::kFound ? end.size : wire_.in.size();
    if (size > limit) co_return kTooLarge;
    if (end.kind == HeadEnd::Kind::kFound) {
      char* const copy = turn.exchange.arena.allocate_text(size);
      std::memcpy(copy, wire_.in.view().data(), size);
      wire_.in.consume(size);
      if (wire_.in.empty()) wire_.in.release();  // the next request that is read finds it in the cache
      co_return parse_request_head({copy, size}, options_.max_header_fields, turn.head);
    }
    const net::IoCount count = wire_.fill();
    if (count.moved()) continue;
    if (!count.would_block()) {
      turn.client_gone = true;
      co_return std::nullopt;
    }
    const loop::Wake wake = co_await wire_.stream->readable(turn.read_deadline);
    if (wake == loop::Wake::kTimeout) {
      turn.client_gone = true;
      co_return std::nullopt;
    }
  }
}

http::Request ServerSession::make_request(Turn& turn) {
  http::Request request;
  RequestHead& head = turn.head;
  request.method = head.method;
  request.host = head.host;
  request.version = head.version;
  request.headers = head.headers;
  request.upgrade = head.upgrade;
  request.expects_continue = head.expects_continue;
  turn.bad_target = !parse_target(head.target, request);

  Patience patience;
  patience.deadline = turn.read_deadline;
  patience.min_bytes_per_second = options_.min_bytes_per_second;
  patience.grace = options_.min_bytes_grace;
  turn.content.begin(head.framing, patience);
  if (turn.content.finished()) return request;
  const bool whole = head.framing.kind == Framing::Kind::kLength && head.framing.length <= kSmallContent &&
                     head.framing.length <= wire_.in.size();
  if (whole && !head.expects_continue) {
    const http::Chunk chunk = turn.content.try_read();
    turn.content_given = chunk.bytes.size();
    request.body = http::Body::of(turn.exchange.arena.copy(chunk.bytes));
    (void)turn.content.try_read();  // gives the bytes back to the connection's buffer
    return request;
  }
  turn.continue_owed = head.expects_continue;
  std::optional<std::uint64_t> length;
  if (head.framing.kind == Framing::Kind::kLength) length = head.framing.length;
  request.body = http::Body::from(std::make_unique<RequestBody>(*this, turn), length);
  return request;
}

loop::Task<bool> ServerSession::serve() {
  ++requests_;
  Turn turn(wire_, *connection_, this);
  turn.read_deadline = after(loop::Loop::current().now(), options_.read_timeout);
  turn_ = &turn;
  const std::optional<HeadError> error = co_await read_head(turn);
  if (turn.client_gone) co_return false;
  if (error) {
    met_http2_ = requests_ == 1 && turn.head.method == "PRI" && turn.head.target == "*";
    if (met_http2_) co_return false;
    co_await refuse(*error, turn.head.method != "HEAD");
    co_return false;
  }
  write_deadline_ = after(loop::Loop::current().now(), options_.write_timeout);
  http::Request request = make_request(turn);
  if (turn.bad_target) {
    co_await refuse(kBadTarget, turn.head.method != "HEAD");
    co_return false;
  }
  if (request.path == "*") {  // RFC 9110 §9.3.7: about the server itself; Go's server answers it alone
    http::Response response = http::empty_response(200, turn.exchange.arena);
    co_return co_await answer(turn, std::move(response));
  }
  if (const auto expectation = turn.head.headers.get(http::HeaderId::kExpect);
      expectation && !turn.head.expects_continue && !expectation->empty()) {
    http::Response response = http::empty_response(417, turn.exchange.arena);  // RFC 9110 §10.1.1
    response.close = true;
    co_return co_await answer(turn, std::move(response));
  }
  const std::shared_ptr<const http::Handler> handler = handlers_.current();
  turn.observer = &handlers_;
  loop::Interruptible<http::Response> handled(handler->handle(std::move(request), turn.exchange),
                                              &wire_.stream->descriptor(), loop::kNever);
  std::optional<http::Response> response = co_await handled;
  if (!response) {
    turn.abandon();
    co_return false;
  }
  const bool kept = co_await answer(turn, std::move(*response));
  co_return kept;
}

void ServerSession::Turn::end(http::Outcome outcome) {
  const HandlerSource* const told = std::exchange(observer, nullptr);
  if (told == nullptr) return;
  if (exchange.observed.any()) outcome.duration = loop::Loop::current().exact_now() - exchange.started;
  told->ended(exchange, outcome);
}

void ServerSession::Turn::abandon() {
  if (observer == nullptr) return;
  http::Outcome outcome{.status = status, .sent = bytes_sent};
  if (status != 0) return end(outcome);
  outcome.status = http::kClientClosedRequest;
  if (exchange.origin_began != loop::TimePoint{}) {
    // As Traefik, whose forwarder answers nobody then.
    exchange.origin_status = http::kClientClosedRequest;
    exchange.origin_bytes = outcome.sent = http::reason_phrase(http::kClientClosedRequest).size();
    outcome.received = content.bytes_read();
  }
  end(outcome);
}

loop::Task<bool> ServerSession::answer(Turn& turn, http::Response response) {
  if (response.tunnel != nullptr && response.status == 101) {
    const bool begun = co_await write_response(turn, response);
    turn.content.settle();
    if (begun) co_await run_tunnel(response);
    turn.end({.status = response.status, .whole = begun, .upgraded = true, .headers = &response.headers});
    co_return false;
  }
  turn.close = response.close || !may_keep_alive(turn);
  const std::uint64_t asked_for = turn.content.bytes_read();
  // Content that is still under way would be taken for the next request: small rests are read, others end the
  // connection.
  if (!turn.content.finished()) {
    // (A streamed response may still be sending the content to the server: it alone reads then.)
    const std::uint64_t most = turn.content.bytes_read() + kLingerBytes;
    while (!response.body.streamed() && turn.content.bytes_read() < most &&
           turn.content.try_read().kind == http::Chunk::Kind::kBytes) {
    }
    // A client that waits for 100 will not send it now, and what is long is not worth waiting for.
    turn.close = turn.close || turn.continue_owed || (!turn.content.finished() && turn.content.left() > kLingerBytes);
  }
  const bool whole = co_await write_response(turn, response);
  turn.content.settle();
  // What came in one piece with the request went to whoever answered; nobody took it when no server did.
  std::uint64_t received = turn.content_given != 0 && !turn.exchange.origin_answered ? 0 : asked_for;
  if (response.body.streamed() && turn.content_given == 0) received = turn.content.bytes_read();
  turn.end({.status = response.status,
            .sent = turn.bytes_sent,
            .received = received,
            .whole = whole,
            .headers = &response.headers});
  if (!whole) co_return false;
  if (turn.close && !turn.content.finished()) co_await linger();
  if (!turn.close && !turn.content.finished()) co_return co_await discard_rest(turn);
  co_return !turn.close;
}

loop::Task<bool> ServerSession::discard_rest(Turn& turn) {
  std::uint64_t discarded = 0;
  for (;;) {
    const http::Chunk chunk = turn.content.try_read();
    if (chunk.kind == http::Chunk::Kind::kEnd) co_return true;
    if (chunk.kind == http::Chunk::Kind::kError) co_return false;
    discarded += chunk.bytes.size();
    if (discarded > kLingerBytes) co_return false;
    if (chunk.kind != http::Chunk::Kind::kWouldBlock) continue;
    const loop::Wake wake = co_await turn.content.readable();
    turn.content.waited(wake);
  }
}

bool ServerSession::may_keep_alive(const Turn& turn) const {
  if (!turn.head.keep_alive || handlers_.draining()) return false;
  if (options_.keep_alive_max_requests != 0 && requests_ >= options_.keep_alive_max_requests) return false;
  const loop::Nanoseconds age = loop::Loop::current().now() - opened_;
  return options_.keep_alive_max_time.count() == 0 || age < options_.keep_alive_max_time;
}

loop::Task<void> ServerSession::refuse(HeadError error, bool with_body) {
  std::string text =
      fmt::format("HTTP/1.1 {} {}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n",
                  error.status, http::reason_phrase(error.status));
  if (with_body) text.append(error.text);
  write_deadline_ = loop::Loop::current().now() + std::chrono::seconds(5);
  const bool written = co_await net::write_all(*wire_.stream, text, write_deadline_);
  if (written) co_await linger();
}

loop::Task<void> ServerSession::linger() {
  // Closing with unread bytes would reset the connection and may destroy the answer on its way (RFC 9112 §9.6).
  wire_.stream->shutdown_write();
  const loop::TimePoint deadline = loop::Loop::current().now() + kLingerTime;
  std::size_t discarded = wire_.in.size();
  wire_.in.release();
  while (discarded < kLingerBytes) {
    const net::IoCount count = wire_.fill();
    if (count.moved()) {
      discarded += count.bytes();
      wire_.in.release();
      continue;
    }
    if (!count.would_block()) co_return;
    const loop::Wake wake = co_await wire_.stream->readable(deadline);
    if (wake == loop::Wake::kTimeout) co_return;
  }
}

loop::Task<void> ServerSession::run_tunnel(http::Response& response) {
  net::Stream& upstream = *response.tunnel->stream;
  if (!response.tunnel->early.empty()) {
    const bool sent = co_await net::write_all(*wire_.stream, response.tunnel->early, loop::kNever);
    if (!sent) co_return;
  }
  if (!wire_.in.empty()) {
    const bool sent = co_await net::write_all(upstream, wire_.in.view(), loop::kNever);
    if (!sent) co_return;
  }
  wire_.in.release();
  co_await net::tunnel(*wire_.stream, upstream);
}

}  // namespace tandem::http1
