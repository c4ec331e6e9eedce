#include "protocol/client/client.h"

#include <sys/socket.h>

#include <array>
#include <cstring>
#include <utility>

#include "engine/loop/scope.h"
#include "engine/net/pump.h"
#include "engine/net/resolver.h"
#include "engine/net/tcp.h"
#include "protocol/http/client_rules.h"
#include "protocol/http1/head_writer.h"

namespace tandem::client {

namespace {

using base::Error;
using base::ErrorKind;
using base::Side;
using http::announces_empty_content;
using http::HeaderId;
using http::is_idempotent;
using http::kContinuePatience;
using http::upstream_error;

// Response content up to this size that came with its head is copied, and the connection is free at once.
constexpr std::size_t kSmallContent = 2048;
constexpr std::size_t kMaxResponseHead = std::size_t{10} * 1024 * 1024;

std::string_view write_request_head(const http::Request& request, std::string_view joined, http::Arena& arena) {
  constexpr std::size_t kFixed = 128;
  const std::size_t line = request.method.size() + request.path.size() + request.query.size() + request.host.size();
  http1::HeadWriter writer(arena, kFixed + line + http1::fields_size(request.headers) + joined.size());
  writer.text(request.method);
  writer.text(" ");
  writer.text(request.path);
  if (request.has_query) writer.text("?");
  writer.text(request.query);
  writer.text(" HTTP/1.1\r\n");
  writer.field("Host", request.host);
  for (const http::HeaderField& field : request.headers) {
    if (field.id != HeaderId::kHost && !http1::kFramingFields.has(field.id)) writer.field(field.name, field.value);
  }
  const std::optional<std::uint64_t> length = request.body.length();
  if (!length) {
    writer.text("Transfer-Encoding: chunked\r\n");
  } else if (*length != 0 || announces_empty_content(request.method)) {
    writer.content_length(*length);
  }
  writer.text("\r\n");
  writer.text(joined);
  return writer.view();
}

/// Parses a head strictly, or else after mending it.
bool parse_leniently(std::span<char> head, bool to_head, http1::ResponseHead& parsed) {
  if (!http1::parse_response_head(head, to_head, parsed)) return true;
  http::Arena& arena = parsed.headers.arena();
  parsed = {};
  parsed.headers = http::Headers(arena);
  const http1::MendedHead mended = http1::mend_response_head({head.data(), head.size()}, arena);
  return !mended.head.empty() && !http1::parse_response_head(mended.head, to_head, parsed);
}

/// The complete head at the beginning of `wire`, moved into the arena; empty when its end has not come.
std::span<char> take_head(http1::Wire& wire, http1::HeadEnd end, http::Arena& arena) {
  if (end.kind == http1::HeadEnd::Kind::kMore) return {};
  if (end.kind == http1::HeadEnd::Kind::kBad) {
    const http1::MendedHead mended = http1::mend_response_head(wire.in.view(), arena);
    wire.in.consume(mended.consumed);
    return mended.head;
  }
  char* const copy = arena.allocate_text(end.size);
  std::memcpy(copy, wire.in.view().data(), end.size);
  wire.in.consume(end.size);
  return {copy, end.size};
}

}  // namespace

/// A request under way on a connection: sends its content beside the response. Lives until the response is read.
struct Client::Attempt final : http::BodySource {
  Attempt(std::unique_ptr<UpstreamConnection> on, http::Exchange& of)
      : connection(std::move(on)),
        content(connection->wire, of.arena, Side::kUpstream),
        arena(of.arena),
        bytes_read(of.origin_bytes) {}

  http::Chunk try_read() override {
    const http::Chunk chunk = content.try_read();
    bytes_read += chunk.bytes.size();
    if (chunk.kind == http::Chunk::Kind::kEnd) release();
    return chunk;
  }
  loop::Task<void> wait() override {
    const loop::Wake wake = co_await content.readable();
    content.waited(wake);
  }
  Error error() const override { return content.error(); }
  const http::Headers* trailers() const override { return content.trailers(); }

  /// The response was read completely: the connection may serve the next request.
  void release() {
    if (released) return;
    released = true;
    uploads.cancel();
    if (!keep_alive || !upload_done) {
      connection->wire.stream->shutdown_write();
      return;
    }
    Pool& pool = connection->pool();
    pool.give_back(std::move(connection));
  }

  loop::Task<void> upload();
  std::string_view end_of_upload();

  std::unique_ptr<UpstreamConnection> connection;
  http1::Content content;
  http::Arena& arena;
  std::uint64_t& bytes_read;
  http::Body request_body;
  loop::Scope uploads;
  std::optional<Error> upload_error;
  loop::TimePoint upload_ended{};
  std::string_view announced;  ///< trailer fields that the request's Trailer names
  bool upload_done = true;
  bool chunked_upload = false;
  bool keep_alive = true;
  bool released = false;
};

std::string_view Client::Attempt::end_of_upload() {
  // What was not announced, or could be taken for another name, ends here.
  return http1::end_of_chunks(request_body.trailers(), arena, [this](const http::HeaderField& field) {
    return http::list_contains(announced, field.name) && field.name.find('_') == std::string_view::npos;
  });
}

loop::Task<void> Client::Attempt::upload() {
  net::Stream& stream = *connection->wire.stream;
  std::array<char, 24> size_line;
  for (;;) {
    const http::Chunk chunk = request_body.try_read();
    if (chunk.kind == http::Chunk::Kind::kWouldBlock) {
      co_await request_body.source().wait();
      continue;
    }
    if (chunk.kind == http::Chunk::Kind::kError) {
      upload_error = request_body.source().error();
      ::shutdown(stream.descriptor().fd(), SHUT_RDWR);  // wakes whoever waits for the response
      co_return;
    }
    std::array<iovec, 3> pieces;
    std::size_t count = 0;
    const auto add = [&pieces, &count](std::string_view text) {
      pieces[count++] = iovec{const_cast<char*>(text.data()), text.size()};
    };
    const bool last = chunk.kind == http::Chunk::Kind::kEnd;
    if (last && chunked_upload) add(end_of_upload());
    if (!last && chunked_upload) add({size_line.data(), http1::write_chunk_size(size_line.data(), chunk.bytes.size())});
    if (!last) add(chunk.bytes);
    if (!last && chunked_upload) add("\r\n");
    const bool written = co_await net::write_all(stream, std::span(pieces.data(), count), loop::kNever);
    if (!written) co_return;  // the server may have answered before it stopped reading: the response tells
    if (last) break;
  }
  upload_done = true;
  upload_ended = loop::Loop::current().now();
}

loop::Task<base::Result<std::unique_ptr<net::Stream>>> Client::dial() {
  const loop::Nanoseconds patience = transport_.options().dial_timeout;
  const loop::TimePoint deadline = patience.count() > 0 ? loop::Loop::current().now() + patience : loop::kNever;
  base::Result<std::unique_ptr<net::Stream>> stream = upstream_error(ErrorKind::kDns, "no address for " + target_.host);
  if (target_.address) {
    stream = co_await net::connect(*target_.address, deadline);
  } else {
    base::Result<std::vector<net::IpAddress>> addresses = co_await net::resolve(target_.host, deadline);
    if (!addresses) co_return std::move(addresses.error()).with_side(Side::kUpstream);
    for (const net::IpAddress& address : *addresses) {
      stream = co_await net::connect(net::Address(address, target_.port), deadline);
      if (stream) break;
    }
  }
  co_return stream;
}

loop::Task<base::Result<http::Response>> Client::send(http::Request& request, http::Exchange& exchange,
                                                      InterimLink interim) {
  // No coroutine of its own: a request holds the memory of each on its way.
  if (target_.scheme == "h2c") return send_http2(request, exchange, interim);
  if (target_.scheme == "https") return send_https(request, exchange, interim);
  return send_http1(request, exchange, interim);
}

loop::Task<base::Result<http::Response>> Client::send_http1(http::Request& request, http::Exchange& exchange,
                                                            InterimLink interim) {
  if (std::unique_ptr<UpstreamConnection> waiting = pool_.take(); waiting != nullptr) {
    base::Result<http::Response> response = co_await attempt(std::move(waiting), request, exchange, interim);
    if (response || !response.error().retryable()) co_return response;
  }
  base::Result<std::unique_ptr<net::Stream>> fresh = co_await dial();
  if (!fresh) co_return std::move(fresh.error());
  auto connection = std::make_unique<UpstreamConnection>(std::move(*fresh), pool_);
  co_return co_await attempt(std::move(connection), request, exchange, interim);
}

loop::Task<base::Result<http::Response>> Client::attempt(std::unique_ptr<UpstreamConnection> connection,
                                                         http::Request& request, http::Exchange& exchange,
                                                         InterimLink interim) {
  http::Arena& arena = exchange.arena;
  auto under_way = std::make_unique<Attempt>(std::move(connection), exchange);
  UpstreamConnection& on = *under_way->connection;
  const bool streamed = request.body.streamed();
  const std::string_view joined = streamed ? std::string_view() : request.body.bytes();
  const std::string_view head = write_request_head(request, joined, arena);
  const bool written = co_await net::write_all(*on.wire.stream, head, loop::kNever);
  if (!written) {
    co_return upstream_error(ErrorKind::kReset, "the server closed the connection before the request was sent")
        .with_retry(on.reused);
  }
  under_way->upload_ended = loop::Loop::current().now();
  bool upload_begun = !streamed;
  const auto begin_upload = [&] {
    upload_begun = true;
    under_way->chunked_upload = !request.body.length();
    under_way->request_body = std::move(request.body);
    under_way->announced = request.headers.get(HeaderId::kTrailer).value_or("");
    under_way->upload_done = false;
    under_way->uploads.spawn(under_way->upload());
  };
  loop::TimePoint continue_deadline = loop::kNever;
  if (streamed && request.expects_continue) {
    continue_deadline = loop::Loop::current().now() + kContinuePatience;
  } else if (streamed) {
    begin_upload();
  }

  const bool may_retry = on.reused && !streamed && joined.empty() && is_idempotent(request);
  const loop::Nanoseconds patience = transport_.options().response_header_timeout;
  std::size_t scanned = 0;
  std::size_t interims = 0;
  for (;;) {
    const http1::HeadEnd end = http1::find_head_end(on.wire.in.view(), scanned);
    if (on.wire.in.size() > kMaxResponseHead)
      co_return upstream_error(ErrorKind::kLimit, "the response head is too large");
    if (const std::span<char> head_bytes = take_head(on.wire, end, arena); !head_bytes.empty()) {
      scanned = 0;
      http1::ResponseHead parsed;
      parsed.headers = http::Headers(arena);
      if (!parse_leniently(head_bytes, request.method == "HEAD", parsed)) {
        co_return upstream_error(ErrorKind::kProtocol, "malformed response head");
      }
      if (parsed.status >= 200 || parsed.status == 101) co_return finish(std::move(under_way), parsed);
      if (++interims > http::kMostInterims)
        co_return upstream_error(ErrorKind::kLimit, "the server sends interim responses without end");
      if (interim != nullptr) co_await interim->send_interim(parsed.status, parsed.headers);
      if (parsed.status == 100 && !upload_begun) begin_upload();
      continue;
    }
    const net::IoCount count = on.wire.fill();
    if (count.moved()) continue;
    if (!count.would_block()) {
      if (under_way->upload_error) co_return std::move(*under_way->upload_error);
      if (!on.wire.in.empty())
        co_return upstream_error(ErrorKind::kProtocol, "the connection ended within the response head");
      co_return upstream_error(count.failed() ? ErrorKind::kReset : ErrorKind::kClosed,
                               "the server closed the connection without a response")
          .with_retry(may_retry);
    }
    const loop::TimePoint now = loop::Loop::current().now();
    loop::TimePoint deadline = loop::kNever;
    if (!upload_begun) {
      deadline = continue_deadline;
    } else if (patience.count() > 0) {
      deadline = (under_way->upload_done ? under_way->upload_ended : now) + patience;
    }
    const loop::Wake wake = co_await on.wire.stream->readable(deadline);
    if (wake == loop::Wake::kReady) continue;
    if (!upload_begun) {
      begin_upload();
    } else if (under_way->upload_done && loop::Loop::current().now() >= under_way->upload_ended + patience) {
      co_return upstream_error(ErrorKind::kTimeout, "no response in time");
    }
  }
}

http::Response Client::finish(std::unique_ptr<Attempt> under_way, http1::ResponseHead head) {
  http::Response response;
  response.status = head.status;
  response.headers = head.headers;
  response.announced_length = head.announced_length;
  http1::Wire& wire = under_way->connection->wire;
  if (head.status == 101) {
    response.tunnel = std::make_unique<http::Tunnel>();
    response.tunnel->early = under_way->arena.copy(wire.in.view());
    response.tunnel->stream = std::move(wire.stream);
    return response;
  }
  under_way->keep_alive = head.keep_alive;
  under_way->content.begin(head.framing, {});
  const http1::Framing framing = head.framing;
  if (framing.kind == http1::Framing::Kind::kNone ||
      (framing.kind == http1::Framing::Kind::kLength && framing.length == 0)) {
    under_way->release();
    return response;
  }
  const bool whole = framing.kind == http1::Framing::Kind::kLength && framing.length <= kSmallContent &&
                     framing.length <= wire.in.size();
  if (whole) {
    response.body = http::Body::of(under_way->arena.copy(under_way->try_read().bytes));
    (void)under_way->try_read();
    return response;
  }
  std::optional<std::uint64_t> length;
  if (framing.kind == http1::Framing::Kind::kLength) length = framing.length;
  response.body = http::Body::from(std::move(under_way), length);
  return response;
}

}  // namespace tandem::client
