// ServerSession: writing responses.

#include <array>

#include "engine/net/pump.h"
#include "protocol/http/date.h"
#include "protocol/http1/head_writer.h"
#include "protocol/http1/server_turn.h"

namespace tandem::http1 {

namespace {

using http::HeaderId;

// Content up to this size is copied behind the head: one plain send is cheaper than gathering.
constexpr std::size_t kJoined = 4096;

constexpr bool has_no_content(int status) { return status < 200 || status == 204 || status == 304; }

/// How the client learns where a response ends, and whether its connection stays.
struct ResponseFraming {
  enum class Kind : std::uint8_t { kNone, kLength, kChunked, kUntilClose } kind = Kind::kNone;
  std::uint64_t length = 0;
};

ResponseFraming framing_of(const http::Response& response, bool to_head, http::Version version) {
  using Kind = ResponseFraming::Kind;
  if (has_no_content(response.status)) return {Kind::kNone, 0};
  if (to_head) {
    if (response.announced_length) return {Kind::kLength, *response.announced_length};
    if (response.body.length().value_or(0) != 0) return {Kind::kLength, *response.body.length()};
    return {Kind::kNone, 0};
  }
  if (response.body.length()) return {Kind::kLength, *response.body.length()};
  return {version == http::Version::kHttp11 ? Kind::kChunked : Kind::kUntilClose, 0};
}

void write_status_line(HeadWriter& writer, http::Version version, int status) {
  writer.text(version == http::Version::kHttp10 ? "HTTP/1.0 " : "HTTP/1.1 ");
  writer.number(static_cast<std::uint64_t>(status));
  writer.text(" ");
  const std::string_view reason = http::reason_phrase(status);
  if (reason.empty()) {
    writer.text("status code ");
    writer.number(static_cast<std::uint64_t>(status));
  } else {
    writer.text(reason);
  }
  writer.text("\r\n");
}

}  // namespace

loop::Task<void> ServerSession::send_interim(int status, const http::Headers& headers) {
  if (turn_ == nullptr || turn_->head.version != http::Version::kHttp11) co_return;
  if (status == 100) {  // one is enough, whoever it came from
    if (std::exchange(turn_->continue_sent, true)) co_return;
    turn_->continue_owed = false;
  }
  constexpr std::size_t kLineSize = 64;
  HeadWriter writer(turn_->exchange.arena, kLineSize + fields_size(headers));
  write_status_line(writer, http::Version::kHttp11, status);
  for (const http::HeaderField& field : headers) writer.field(field.name, field.value);
  writer.text("\r\n");
  (void)co_await net::write_all(*wire_.stream, writer.view(), write_deadline_);
}

loop::Task<bool> ServerSession::write_response(Turn& turn, http::Response& response) {
  using Kind = ResponseFraming::Kind;
  const bool to_head = turn.head.method == "HEAD";
  const http::Version version = turn.head.version;
  const ResponseFraming framing = framing_of(response, to_head, version);
  if (framing.kind == Kind::kUntilClose) turn.close = true;
  turn.status = response.status;
  if (to_head && !response.body.streamed()) turn.bytes_sent = response.body.bytes().size();

  const bool sends_content = !to_head && !has_no_content(response.status) && !response.body.empty();
  const std::string_view joined = sends_content && !response.body.streamed() && response.body.bytes().size() <= kJoined
                                      ? response.body.bytes()
                                      : std::string_view();
  constexpr std::size_t kFixed = 256;  // status line, Date, Connection and framing
  HeadWriter writer(turn.exchange.arena, kFixed + fields_size(response.headers) + joined.size());
  write_status_line(writer, version, response.status);
  bool has_date = false;
  const bool upgraded = response.status == 101;
  for (const http::HeaderField& field : response.headers) {
    if (kFramingFields.has(field.id)) continue;
    if (response.status == 304 && field.id == HeaderId::kContentType) continue;  // as Go: it describes what is not sent
    has_date |= field.id == HeaderId::kDate;
    writer.field(field.name, field.value);
  }
  if (!has_date && !upgraded) writer.field("Date", http::date_text());
  if (framing.kind == Kind::kLength) {
    writer.content_length(framing.length);
  } else if (framing.kind == Kind::kChunked) {
    writer.text("Transfer-Encoding: chunked\r\n");
  }
  if (turn.close && version == http::Version::kHttp11 && !upgraded) writer.text("Connection: close\r\n");
  if (!turn.close && version == http::Version::kHttp10) writer.text("Connection: keep-alive\r\n");
  writer.text("\r\n");
  writer.text(joined);
  turn.bytes_sent += joined.size();
  const std::string_view head = writer.view();
  if (!sends_content || !joined.empty()) {
    // Only what a chunked response without any content still owes is missing here.
    if (framing.kind != Kind::kChunked || to_head) {
      if (turn.close) wire_.stream->end_with_next_write();
      co_return co_await net::write_all(*wire_.stream, head, write_deadline_);
    }
  }
  turn.chunked = framing.kind == Kind::kChunked;
  co_return co_await write_streamed(turn, response.body, head);
}

loop::Task<bool> ServerSession::write_streamed(Turn& turn, http::Body& body, std::string_view head) {
  std::array<char, 24> size_line;
  for (;;) {
    const http::Chunk chunk = body.try_read();
    std::array<iovec, 4> vectors;
    std::size_t count = 0;
    const auto add = [&vectors, &count](std::string_view text) {
      if (!text.empty()) vectors[count++] = iovec{const_cast<char*>(text.data()), text.size()};
    };
    add(std::exchange(head, {}));
    if (chunk.kind == http::Chunk::Kind::kBytes) {
      if (turn.chunked) add({size_line.data(), write_chunk_size(size_line.data(), chunk.bytes.size())});
      add(chunk.bytes);
      if (turn.chunked) add("\r\n");
      turn.bytes_sent += chunk.bytes.size();
    } else if (chunk.kind == http::Chunk::Kind::kEnd && turn.chunked) {
      add(end_of_chunks(body.trailers(), turn.exchange.arena, [](const http::HeaderField&) { return true; }));
    }
    if (count != 0) {
      const bool written = co_await net::write_all(*wire_.stream, std::span(vectors.data(), count), write_deadline_);
      if (!written) co_return false;
    }
    if (chunk.kind == http::Chunk::Kind::kEnd) co_return true;
    if (chunk.kind == http::Chunk::Kind::kError) {
      // The client must not take what it got for complete: its connection ends without the last chunk.
      co_return false;
    }
    if (chunk.kind != http::Chunk::Kind::kWouldBlock) continue;
    loop::Interruptible<void> waiting(body.source().wait(), &wire_.stream->descriptor(), loop::kNever);
    const bool waited = co_await waiting;
    if (!waited) co_return false;  // the client has gone
  }
}

}  // namespace tandem::http1
