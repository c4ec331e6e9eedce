#include "protocol/http2/server_stream.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>

#include "protocol/http/date.h"

namespace tandem::http2 {

namespace {

using http::HeaderId;

constexpr bool has_no_content(int status) { return status < 200 || status == 204 || status == 304; }

/// RFC 9113 §6.5.2 counts 32 bytes for each field; Go allows for ten fields beyond maxHeaderBytes.
constexpr std::size_t kHeaderSlack = 320;

}  // namespace

ServerSession::Stream::Stream(ServerSession& session)
    : StreamState(session), owner_(session), exchange_(*session.connection_, this) {
  fields_.emplace(exchange_.arena, FieldCollector::Kind::kRequest, session.options_.max_header_bytes + kHeaderSlack,
                  session.options_.max_header_fields);
  const loop::TimePoint now = exchange_.started;
  if (session.options_.read_timeout.count() > 0) in.deadline = now + session.options_.read_timeout;
}

ServerSession::Stream::~Stream() {
  // The task first: what it owns refers to the rest. Then the response's body.
  task.reset();
  out.body = {};
  request_.body = {};
  tell_end();
}

void ServerSession::Stream::on_field(std::string_view name, std::string_view value) {
  if (!fields_) return;
  fields_->add(name, value);
  if (fields_->excessive()) owner_.calm("a list of fields far beyond the limit");
}

void ServerSession::Stream::on_fields_end(bool ends) {
  if (has_request_) {
    take_trailers(ends);
  } else {
    take_request(ends);
  }
}

void ServerSession::Stream::take_request(bool ends) {
  has_request_ = true;
  const FieldCollector::Verdict verdict = fields_->finish();
  if (verdict == FieldCollector::Verdict::kMalformed) return session.reset(*this, NGHTTP2_PROTOCOL_ERROR);
  request_.method = fields_->method;
  request_.host = fields_->host;
  request_.version = http::Version::kHttp2;
  head_request_ = request_.method == "HEAD";
  http::Arena& arena = exchange_.arena;
  if (verdict == FieldCollector::Verdict::kTooLarge) {
    http::Response response =
        http::bare_response(431, "<h1>HTTP Error 431</h1><p>Request Header Field(s) Too Large</p>", arena);
    response.headers.add_view(HeaderId::kContentType, "text/html; charset=utf-8");
    return refuse(std::move(response));
  }
  if (verdict == FieldCollector::Verdict::kRefused) {
    return refuse(http::error_response(400, fields_->refusal(), arena));
  }
  if (!fields_->path.empty()) (void)set_target(fields_->path, request_);
  request_.headers = fields_->headers;
  in.expected = fields_->content_length;
  continue_owed_ = fields_->expects_continue && !ends;
  if (request_.path == "*") return refuse(http::empty_response(200, arena));  // as over HTTP/1: about the server
  if (const auto expectation = request_.headers.get(HeaderId::kExpect); expectation && !expectation->empty()) {
    return refuse(http::empty_response(417, arena));
  }
  in.min_bytes_per_second = owner_.options_.min_bytes_per_second;
  in.grace = owner_.options_.min_bytes_grace;
  if (!ends) request_.body = http::Body::from(open_body(), fields_->content_length);
  if (ends) {
    fields_.reset();
  } else {
    fields_.emplace(arena, FieldCollector::Kind::kTrailers, owner_.options_.max_header_bytes + kHeaderSlack,
                    owner_.options_.max_header_fields);
  }
  queued = true;
  owner_.arrived_.push_back(this);
}

void ServerSession::Stream::take_trailers(bool ends) {
  // Fields behind the content end the stream (RFC 9113 §8.1).
  if (!ends || !fields_ || fields_->finish() != FieldCollector::Verdict::kGood)
    return session.reset(*this, NGHTTP2_PROTOCOL_ERROR);
  if (!in.dropped) in.trailers = fields_->headers;
}

void ServerSession::Stream::refuse(http::Response response) {
  // Nobody is going to pull the content.
  in.dropped = true;
  answer(std::move(response));
}

void ServerSession::Stream::on_closed(std::uint32_t error_code) {
  if (error_code != NGHTTP2_NO_ERROR && !in.ended) {
    fail_inflow(base::ErrorKind::kReset, "the client reset the stream");
  }
  if (queued) {
    queued = false;
    std::erase(owner_.arrived_, this);
  }
}

void ServerSession::Stream::on_first_pull() {
  if (!continue_owed_ || continue_sent_ || answered) return;
  continue_owed_ = false;
  continue_sent_ = true;
  FieldList fields(exchange_.arena);
  fields.add(":status", "100");
  nghttp2_submit_headers(session.raw(), NGHTTP2_FLAG_NONE, id, nullptr, fields.begin(), fields.size(), nullptr);
  session.schedule_flush();
}

loop::Task<void> ServerSession::Stream::send_interim(int status, const http::Headers& headers) {
  if (answered || closed) co_return;
  if (status == 100) {  // one is enough, whoever it came from
    if (std::exchange(continue_sent_, true)) co_return;
    continue_owed_ = false;
  }
  FieldList fields(exchange_.arena);
  fields.add(":status", exchange_.arena.copy(std::to_string(status)));
  // The fields may be gone before the frame is made.
  http::Headers kept(exchange_.arena);
  for (const http::HeaderField& field : headers) kept.add(field.name, field.value);
  fields.add_all(kept);
  nghttp2_submit_headers(session.raw(), NGHTTP2_FLAG_NONE, id, nullptr, fields.begin(), fields.size(), nullptr);
  session.schedule_flush();
}

loop::Task<void> ServerSession::Stream::serve() {
  handler_ = owner_.handlers_.current();
  http::Response response = co_await handler_->handle(std::move(request_), exchange_);
  if (closed) co_return;
  answer(std::move(response));
  while (out.active) {
    if (!out.waiting) (void)co_await out.wanting.wait();
    if (!out.waiting || !out.active) continue;
    co_await out.body.source().wait();
    session.resume(*this);
  }
}

void ServerSession::Stream::answer(http::Response response) {
  http::Arena& arena = exchange_.arena;
  answered = true;
  status_ = response.status;
  if (owner_.options_.write_timeout.count() > 0) {
    write_deadline = loop::Loop::current().now() + owner_.options_.write_timeout;
  }
  FieldList fields(arena);
  fields.add_number(":status", static_cast<std::uint64_t>(status_));
  if (status_ == 304) response.headers.remove(HeaderId::kContentType);  // as Go: it describes what is not sent
  fields.add_all(response.headers);
  if (!response.headers.has(HeaderId::kDate)) fields.add("date", arena.copy(http::date_text()));
  const bool without = has_no_content(status_);
  std::optional<std::uint64_t> length = response.body.length();
  if (head_request_ && response.announced_length) length = response.announced_length;
  const bool says_length = !without && length && (!head_request_ || *length != 0);
  if (says_length) fields.add_number("content-length", *length);
  sent_headers_ = response.headers;
  const bool sends = !without && !head_request_ && (response.body.streamed() || !response.body.empty());
  if (sends) {
    out.body = std::move(response.body);
    out.active = true;
  } else if (head_request_ && !response.body.streamed()) {
    given_at_once_ = response.body.bytes().size();
  }
  if (!session.submit_message(*this, fields, false)) session.reset(*this, NGHTTP2_INTERNAL_ERROR);
}

void ServerSession::Stream::submit_trailers(const http::Headers& trailers) {
  FieldList fields(exchange_.arena);
  fields.add_all(trailers);
  nghttp2_submit_trailer(session.raw(), id, fields.begin(), fields.size());
}

void ServerSession::Stream::on_sent_end() {
  sent_end_ = true;
  // An answer before the content has come: the rest is not wanted (RFC 9113 §8.1).
  if (!in.ended) session.reset(*this, NGHTTP2_NO_ERROR);
}

void ServerSession::Stream::tell_end() {
  if (handler_ == nullptr || std::exchange(told_, true)) return;
  http::Outcome outcome{.status = status_, .sent = out.sent + given_at_once_, .received = in.given_total};
  outcome.whole = sent_end_;
  if (status_ != 0) {
    outcome.headers = &sent_headers_;
  } else {
    outcome.status = http::kClientClosedRequest;
    if (exchange_.origin_began != loop::TimePoint{}) {
      // As Traefik, whose forwarder answers nobody then.
      exchange_.origin_status = http::kClientClosedRequest;
      exchange_.origin_bytes = outcome.sent = http::reason_phrase(http::kClientClosedRequest).size();
    }
  }
  if (exchange_.observed.any()) outcome.duration = loop::Loop::current().exact_now() - exchange_.started;
  owner_.handlers_.ended(exchange_, outcome);
}

}  // namespace tandem::http2
