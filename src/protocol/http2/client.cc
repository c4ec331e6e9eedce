#include "protocol/http2/client.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>

#include "protocol/http/client_rules.h"
#include "protocol/http2/client_stream.h"
#include "protocol/http2/frame_memory.h"

namespace tandem::http2 {

namespace {

using base::Error;
using base::ErrorKind;
using http::announces_empty_content;
using http::HeaderId;
using http::is_idempotent;
using http::kContinuePatience;
using http::upstream_error;

constexpr std::int32_t kWidestWindow = (std::int32_t{1} << 30);

}  // namespace

/// Refers to a stream while its request is under way.
class ClientSession::Hold {
 public:
  explicit Hold(Stream& stream) : stream_(&stream) {}
  ~Hold() {
    if (stream_ != nullptr) stream_->owner.let_go(*stream_);
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  /// The response's body refers to the stream from now on.
  void hand_over() { stream_ = nullptr; }

 private:
  Stream* stream_;
};

ClientSession::ClientSession(std::unique_ptr<net::Stream> stream, const ClientOptions& options, Listener listener)
    : Session(std::move(stream)),
      options_(options),
      listener_(listener),
      last_frame_(loop::Loop::current().now()),
      idle_since_(last_frame_),
      frames_(10000, 2000) {}

ClientSession::~ClientSession() {
  tasks_.cancel();
  drop_streams();
}

void ClientSession::start() {
  nghttp2_option* const options = common_options(options_.max_header_bytes);
  nghttp2_session_client_new3(&session_, callbacks(), static_cast<Session*>(this), options, frame_memory());
  nghttp2_option_del(options);
  const std::array<nghttp2_settings_entry, 3> settings{
      {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options_.stream_window},
       {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(options_.max_header_bytes)}}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWidestWindow);
  tick_.arm(last_frame_ + std::chrono::seconds(1));
  tasks_.spawn(run());
}

loop::Task<void> ClientSession::run() {
  co_await read_frames();
  broken_ = true;
  closing_ = true;
  ended_ = true;
  tick_.disarm();
  // Those who wait learn of it; their streams stay until they let go.
  for (StreamState* at = first_; at != nullptr;) {
    StreamState* const stream = at;
    at = at->next;
    if (!stream->closed) {
      stream->closed = true;
      stream->on_closed(NGHTTP2_INTERNAL_ERROR);
    }
    wake(*stream);
  }
  tell();
}

bool ClientSession::usable() const {
  if (closing_ || broken_ || ended_) return false;
  return streams_ < stream_limit();
}

std::size_t ClientSession::stream_limit() const {
  if (!settled_) return options_.streams_at_first;
  return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

void ClientSession::on_settings() { settled_ = true; }

void ClientSession::on_goaway(std::int32_t /*last_stream*/, std::uint32_t /*error_code*/) { closing_ = true; }

void ClientSession::on_frame(std::uint8_t type, std::uint8_t /*flags*/, StreamState* /*stream*/,
                             std::size_t /*length*/) {
  last_frame_ = loop::Loop::current().now();
  const bool cheap = type == NGHTTP2_PING || type == NGHTTP2_SETTINGS || type == NGHTTP2_PRIORITY;
  if (cheap && !frames_.take(last_frame_)) nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
}

void ClientSession::write_request(Stream& stream, http::Request& request, std::string_view scheme) {
  http::Arena& arena = stream.exchange->arena;
  FieldList fields(arena, FieldList::Memory::kCopied);
  fields.add(":method", request.method);
  fields.add(":scheme", scheme);
  fields.add(":authority", request.host);
  fields.add(":path", request.has_query ? arena.concat({request.path, "?", request.query}) : request.path);
  fields.add_all(request.headers);
  const std::optional<std::uint64_t> length = request.body.length();
  if (length && (*length != 0 || announces_empty_content(request.method))) fields.add_number("content-length", *length);
  stream.announced = request.headers.get(HeaderId::kTrailer).value_or("");
  if (!request.body.empty()) {
    stream.whole_body = request.body.streamed() ? std::string_view() : request.body.bytes();
    stream.out.held = request.expects_continue && request.body.streamed();
    stream.out.body = std::move(request.body);
    stream.out.active = true;
  }
  if (!submit_message(stream, fields, true)) {
    stream.closed = stream.forgotten = true;
    stream.error_code = NGHTTP2_REFUSED_STREAM;
    return;
  }
  attach(stream);
}

base::Error ClientSession::failure(Stream& stream, http::Request& request) {
  if (stream.out.failed && stream.out.body.streamed()) return stream.out.body.source().error();
  if (stream.malformed) return upstream_error(ErrorKind::kProtocol, "malformed response head");
  const bool untouched = !stream.out.pulled || !stream.whole_body.empty();
  const bool unseen = stream.error_code == NGHTTP2_REFUSED_STREAM;
  const bool lost = ended_ && !unseen;
  const bool retry = untouched && (unseen || (lost && requests_ > 1 && is_idempotent(request) && !stream.out.pulled));
  if (retry) {
    stream.uploading.reset();
    request.body = stream.whole_body.empty() ? std::move(stream.out.body) : http::Body::of(stream.whole_body);
    stream.out.active = false;
  }
  if (unseen) return upstream_error(ErrorKind::kClosed, "the server refused the stream").with_retry(retry);
  if (lost) {
    const ErrorKind kind = failed_ ? ErrorKind::kProtocol : ErrorKind::kClosed;
    return upstream_error(kind, "the server closed the connection without a response").with_retry(retry);
  }
  return upstream_error(ErrorKind::kProtocol, "the server reset the stream");
}

loop::Task<base::Result<http::Response>> ClientSession::send(http::Request& request, http::Exchange& exchange,
                                                             http::ClientLink* interim, std::string_view scheme) {
  auto* const stream = new Stream(*this, exchange, request.method == "HEAD");
  ++held_;
  ++requests_;
  Hold hold(*stream);
  write_request(*stream, request, scheme);
  loop::TimePoint continue_deadline = loop::kNever;
  if (stream->out.held) continue_deadline = loop::Loop::current().now() + kContinuePatience;
  loop::TimePoint sent_at = loop::kNever;
  for (;;) {
    while (!stream->interims.empty()) {
      const Stream::Interim next = stream->interims.front();
      stream->interims.erase(stream->interims.begin());
      if (next.status == 100) continue_deadline = loop::TimePoint{};
      if (interim != nullptr) co_await interim->send_interim(next.status, next.headers);
    }
    if (stream->head_done) break;
    if (stream->closed || stream->out.failed || stream->malformed) co_return failure(*stream, request);
    const loop::TimePoint now = loop::Loop::current().now();
    if (stream->out.held && continue_deadline <= now) {
      stream->out.held = false;
      resume(*stream);
    }
    if (!stream->out.active && sent_at == loop::kNever) sent_at = now;
    loop::TimePoint deadline = stream->out.held ? continue_deadline : loop::kNever;
    if (options_.header_timeout.count() > 0 && sent_at != loop::kNever) deadline = sent_at + options_.header_timeout;
    const loop::Wake wake = co_await stream->in.signal.wait(deadline);
    if (wake == loop::Wake::kTimeout && !stream->out.held) {
      co_return upstream_error(ErrorKind::kTimeout, "no response in time");
    }
  }
  if (std::exchange(stream->out.held, false)) stream->out.active = false;  // answered without the content
  http::Response response = stream->make_response();
  if (response.body.streamed()) hold.hand_over();
  co_return response;
}

void ClientSession::let_go(Stream& stream) {
  if (!stream.held) return;
  stream.held = false;
  --held_;
  // What belongs to the exchange goes with it, and nothing may refer to it.
  if (stream.out.referenced) release_references(stream);
  stream.uploading.reset();
  stream.out.pending = {};
  stream.out.active = false;
  stream.out.last_pull = false;
  stream.out.body = {};
  stream.fields.reset();
  stream.interims.clear();
  stream.in.dropped = true;
  stream.in.trailers.reset();
  stream.exchange = nullptr;
  if (stream.forgotten || stream.id < 0) {
    delete &stream;
  } else if (!stream.closed) {
    reset(stream, NGHTTP2_CANCEL);
  }
  if (ended_) tell();
}

void ClientSession::destroy(StreamState& base) {
  auto& stream = static_cast<Stream&>(base);
  stream.forgotten = true;
  if (!stream.held) delete &stream;
  if (streams_ == 0) idle_since_ = loop::Loop::current().now();
  if (!broken_) tell();
}

void ClientSession::close_when_idle() {
  if (std::exchange(closing_, true) || session_ == nullptr) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, 0, NGHTTP2_NO_ERROR, nullptr, 0);
  schedule_flush();
}

void ClientSession::watch_time() {
  const loop::TimePoint now = loop::Loop::current().now();
  loop::TimePoint next = now + std::chrono::seconds(60);
  if (ping_sent_ != loop::kNever) {
    if (now >= ping_sent_ + options_.ping_timeout) return lose_connection();
    next = ping_sent_ + options_.ping_timeout;
  } else if (streams_ == 0) {
    if (options_.idle_timeout.count() > 0 && now >= idle_since_ + options_.idle_timeout) close_when_idle();
    if (options_.idle_timeout.count() > 0)
      next = std::max(now + std::chrono::seconds(1), idle_since_ + options_.idle_timeout);
  }
  if (options_.ping_after.count() > 0 && ping_sent_ == loop::kNever && streams_ != 0) {
    if (now >= last_frame_ + options_.ping_after) {
      nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
      schedule_flush();
      ping_sent_ = now;
      next = now + options_.ping_timeout;
    } else {
      next = std::min(next, last_frame_ + options_.ping_after);
    }
  } else if (options_.ping_after.count() > 0 && streams_ == 0) {
    next = std::min(next, now + options_.ping_after);
  }
  tick_.arm(next);
}

}  // namespace tandem::http2
