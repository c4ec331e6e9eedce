// Any bytes from the other side of an HTTP/2 connection, to a server session (first byte even) or a client session that
// waits for answers (odd): it never crashes, ends when the connection does, and leaves nothing behind.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "engine/loop/drive.h"
#include "engine/net/stream_pair.h"
#include "protocol/http2/client.h"
#include "protocol/http2/server.h"

namespace {

namespace http = tandem::http;
namespace http2 = tandem::http2;
namespace loop = tandem::loop;
namespace net = tandem::net;

constexpr std::string_view kPreface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
constexpr std::string_view kSettings("\0\0\0\4\0\0\0\0\0", 9);

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_clean(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos; }

/// Echoes content, and checks that what it gets could be written as HTTP/1.
class Echo final : public http::Handler {
 public:
  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override {
    require(http::is_token(request.method) && is_clean(request.host));
    require(request.path.find_first_of(" \r\n") == std::string_view::npos && is_clean(request.query));
    for (const http::HeaderField& field : request.headers) require(http::is_token(field.name) && is_clean(field.value));
    http::Response response(200, exchange.arena);
    const auto length = request.body.length();
    if (request.body.streamed()) {
      response.body = http::Body::from(request.body.take_source(), length);
    } else {
      response.body = http::Body::of("hello");
    }
    co_return response;
  }
};

class Source final : public http::HandlerSource {
 public:
  std::shared_ptr<const http::Handler> current() const override { return handler_; }
  bool draining() const override { return false; }
  void ended(const http::Exchange& /*exchange*/, const http::Outcome& /*outcome*/) const override {}

 private:
  std::shared_ptr<const http::Handler> handler_ = std::make_shared<const Echo>();
};

/// Sends the rest in pieces and closes.
void play(net::StreamPair& pair, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), 7 + bytes.size() / 3);
    pair.send(bytes.substr(0, size));
    bytes.remove_prefix(size);
    loop::turn(2);
    (void)pair.receive();
  }
  loop::Loop::current().advance(std::chrono::seconds(1));
  (void)pair.receive();
}

void serve(std::string_view bytes) {
  net::StreamPair pair;
  http2::ServerOptions options;
  options.max_header_bytes = 4096;
  options.max_concurrent_streams = 10;
  const Source source;
  http2::ServerSession session(std::move(pair.stream), std::make_unique<http::Connection>(), options, source);
  loop::Scope scope;
  bool done = false;
  scope.spawn(loop::note_end_of(session.run(kPreface), &done));
  play(pair, bytes);
  pair.close_peer();
  loop::turn(4);
  loop::Loop::current().advance(std::chrono::seconds(5));
  require(done && session.stream_count() == 0);
}

loop::Task<void> ask(http2::ClientSession& session, bool upload) {
  const http::Connection connection;
  http::Exchange exchange(connection, nullptr);
  http::Request request;
  request.method = upload ? "POST" : "GET";
  request.host = "a";
  request.path = "/";
  request.headers = http::Headers(exchange.arena);
  if (upload) request.body = http::Body::of("content");
  tandem::base::Result<http::Response> response = co_await session.send(request, exchange, nullptr, "http");
  if (!response) co_return;
  require(response->status >= 200);
  for (const http::HeaderField& field : response->headers) require(http::is_token(field.name) && is_clean(field.value));
  for (;;) {
    const http::Chunk chunk = response->body.try_read();
    if (chunk.kind == http::Chunk::Kind::kEnd || chunk.kind == http::Chunk::Kind::kError) co_return;
    if (chunk.kind == http::Chunk::Kind::kWouldBlock) co_await response->body.source().wait();
  }
}

void request(std::string_view bytes) {
  net::StreamPair pair;
  const http2::ClientSession::Listener listener{[](void*, http2::ClientSession&) {}, nullptr};
  http2::ClientSession session(std::move(pair.stream), {}, listener);
  session.start();
  {
    loop::Scope scope;
    for (int i = 0; i < 4; ++i) scope.spawn(ask(session, i % 2 == 1));
    loop::turn(2);
    pair.send(kSettings);
    play(pair, bytes);
    pair.close_peer();
    loop::turn(4);
    require(scope.size() == 0);
  }
  require(session.over());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  loop::Loop loop(loop::Loop::ClockKind::kManual);
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  if ((bytes[0] & 1) == 0) {
    serve(text);
  } else {
    request(text);
  }
  return 0;
}
