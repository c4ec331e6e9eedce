#include "protocol/http2/client_stream.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>

#include "protocol/http/client_rules.h"

namespace tandem::http2 {

namespace {

// Content up to this size that came with its head is copied, and the stream is over at once.
constexpr std::size_t kSmallContent = 2048;

}  // namespace

ClientSession::Stream::Stream(ClientSession& session, http::Exchange& of, bool head)
    : StreamState(session), owner(session), exchange(&of), to_head(head) {}

void ClientSession::Stream::on_field(std::string_view name, std::string_view value) {
  if (!held || malformed) return;
  if (!fields) {
    using Kind = FieldCollector::Kind;
    fields.emplace(exchange->arena, head_done ? Kind::kTrailers : Kind::kResponse, owner.options_.max_header_bytes,
                   owner.options_.max_header_fields);
  }
  fields->add(name, value);
}

void ClientSession::Stream::on_fields_end(bool ends) {
  if (!held || malformed) return;
  const bool good = fields && fields->finish() == FieldCollector::Verdict::kGood;
  if (head_done) {
    if (!ends || !good) {
      malformed = true;
      fail_inflow(base::ErrorKind::kProtocol, "malformed trailers");
      return session.reset(*this, NGHTTP2_PROTOCOL_ERROR);
    }
    in.trailers = fields->headers;
    fields.reset();
    return;
  }
  const bool interim = good && fields->status < 200;
  if (!good || (interim && (ends || ++interim_count > http::kMostInterims)) || fields->status == 101) {
    malformed = true;
    session.reset(*this, NGHTTP2_PROTOCOL_ERROR);
  } else if (interim) {
    interims.push_back({fields->status, fields->headers});
    fields.reset();
  } else {
    head_done = true;
    ends_with_head = ends;
    if (!to_head && fields->status != 304) in.expected = fields->content_length;
    head = {.status = fields->status, .headers = fields->headers, .length = fields->content_length};
    fields.reset();
  }
  session.wake(*this);
}

void ClientSession::Stream::on_closed(std::uint32_t code) {
  error_code = code;
  // NO_ERROR after a complete response: the server did not want the rest of the content (RFC 9113 §8.1).
  if (!in.ended) fail_inflow(base::ErrorKind::kReset, "the server reset the stream");
  session.wake(*this);
}

void ClientSession::Stream::submit_trailers(const http::Headers& trailers) {
  if (exchange == nullptr) return;
  FieldList list(exchange->arena, FieldList::Memory::kCopied);
  list.add_all(trailers);
  nghttp2_submit_trailer(session.raw(), id, list.begin(), list.size());
}

void ClientSession::Stream::on_waiting() {
  if (uploading || !out.body.streamed()) return;
  uploading = upload();
  uploading.start(std::noop_coroutine());
}

loop::Task<void> ClientSession::Stream::upload() {
  while (out.active) {
    if (!out.waiting) (void)co_await out.wanting.wait();
    if (!out.waiting || !out.active) continue;
    co_await out.body.source().wait();
    session.resume(*this);
  }
}

http::Response ClientSession::Stream::make_response() {
  http::Response response;
  response.status = head.status;
  response.headers = head.headers;
  response.announced_length = head.length;
  const std::optional<std::uint64_t> length = head.length;
  if (ends_with_head || to_head) return response;
  const bool whole = in.ended && length && *length <= kSmallContent && !in.trailers;
  if (whole) {
    const std::string_view bytes = in.empty() ? std::string_view() : in.give();
    on_pulled(bytes.size());
    response.body = http::Body::of(exchange->arena.copy(bytes));
    session.return_credit(*this, in.settle());
    return response;
  }
  response.body = http::Body::from(open_body(), length);
  return response;
}

}  // namespace tandem::http2
