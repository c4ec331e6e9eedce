#include "protocol/http2/server.h"

#include <nghttp2/nghttp2.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "base/log.h"
#include "protocol/http2/frame_memory.h"
#include "protocol/http2/server_stream.h"

namespace tandem::http2 {

namespace {

constexpr std::size_t kHeaderSlack = 320;
constexpr auto kTick = std::chrono::seconds(1);
// What a client must take of a response within the stall time-out to count as a reader.
constexpr std::uint64_t kLeastProgress = 8192;
// The time from "do not begin any more" to the last stream's number, for requests that are on their way.
constexpr auto kDrainNotice = std::chrono::seconds(1);
constexpr std::int32_t kAnyStream = 0x7fffffff;
// Window updates below this size are counted: they make us send tiny frames.
constexpr std::size_t kTinyUpdate = 64;

}  // namespace

// Budgets are far above what honest clients do: browsers cancel some dozens of requests when a page is left, gRPC pings
// some dozens of times a second while it measures a connection.
ServerSession::ServerSession(std::unique_ptr<net::Stream> stream, std::unique_ptr<http::Connection> connection,
                             const ServerOptions& options, const http::HandlerSource& handlers)
    : Session(std::move(stream)),
      connection_(std::move(connection)),
      options_(options),
      handlers_(handlers),
      opened_(loop::Loop::current().now()),
      idle_since_(opened_),
      last_allowed_(kAnyStream),
      resets_(500, 100),
      settings_(100, 10),
      frames_(10000, 2000) {}

ServerSession::~ServerSession() { drop_streams(); }

void ServerSession::send_preface() {
  nghttp2_option* const options = common_options(options_.max_header_bytes);
  nghttp2_option_set_max_deflate_dynamic_table_size(options, options_.encoder_table_size);
  nghttp2_session_server_new3(&session_, callbacks(), static_cast<Session*>(this), options, frame_memory());
  nghttp2_option_del(options);
  std::array<nghttp2_settings_entry, 4> settings;
  std::size_t count = 0;
  settings[count++] = {
      NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
      static_cast<std::uint32_t>(std::min<std::size_t>(options_.max_header_bytes + kHeaderSlack, UINT32_MAX))};
  if (options_.max_concurrent_streams != 0) {
    settings[count++] = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options_.max_concurrent_streams};
  }
  settings[count++] = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options_.stream_window};
  settings[count++] = {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, options_.decoder_table_size};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), count);
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                        static_cast<std::int32_t>(options_.connection_window));
}

loop::Task<void> ServerSession::run(std::string_view early) {
  send_preface();
  tick_.arm(loop::Loop::current().now() + kTick);
  bool good = true;
  if (!early.empty()) {
    good = feed(early);
    after_input();
    settle();
  }
  if (handlers_.draining()) drain();
  if (good) co_await read_frames();
  drop_streams();  // requests that are still served have lost their client
  co_await linger();
}

StreamState* ServerSession::open_stream(std::int32_t id) {
  if (id > last_allowed_) return nullptr;
  last_opened_ = std::max(last_opened_, id);
  ++requests_;
  auto* const stream = new Stream(*this);
  attach(*stream);
  if (const loop::TimePoint soon = loop::Loop::current().now() + kTick; soon < tick_.deadline()) tick_.arm(soon);
  const loop::Nanoseconds age = loop::Loop::current().now() - opened_;
  const bool worn = (options_.keep_alive_max_requests != 0 && requests_ >= options_.keep_alive_max_requests) ||
                    (options_.keep_alive_max_time.count() > 0 && age >= options_.keep_alive_max_time);
  if (worn) announce_end(id);
  return stream;
}

void ServerSession::announce_end(std::int32_t last_stream) {
  if (final_goaway_) return;
  final_goaway_ = true;
  last_allowed_ = last_stream;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last_stream, NGHTTP2_NO_ERROR, nullptr, 0);
  schedule_flush();
}

void ServerSession::drain() {
  if (session_ == nullptr || final_goaway_ || notice_given_ != loop::kNever) return;
  if (streams_ == 0) return announce_end(last_opened_);
  notice_given_ = loop::Loop::current().now();
  nghttp2_submit_shutdown_notice(session_);
  schedule_flush();
}

void ServerSession::calm(std::string_view what) {
  if (failed_) return;
  base::log_debug("An HTTP/2 connection is ended: the client asks too much",
                  {{"clientAddr", connection_->peer.text()}, {"reason", std::string(what)}});
  nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
}

void ServerSession::on_frame(std::uint8_t type, std::uint8_t flags, StreamState* stream, std::size_t length) {
  const loop::TimePoint now = loop::Loop::current().now();
  switch (type) {
    case NGHTTP2_RST_STREAM: {
      // Cancelled work costs us more than the client (CVE-2023-44487); a stream that was answered costs nothing.
      if (stream != nullptr && !resets_.take(now)) calm("streams are opened and reset");
      return;
    }
    case NGHTTP2_SETTINGS:
      if ((flags & NGHTTP2_FLAG_ACK) == 0 && !settings_.take(now)) calm("settings change all the time");
      return;
    case NGHTTP2_DATA:
      if (length == 0 && (flags & NGHTTP2_FLAG_END_STREAM) == 0 && !frames_.take(now)) calm("empty frames");
      return;
    case NGHTTP2_WINDOW_UPDATE:
      if (length < kTinyUpdate && !frames_.take(now)) calm("tiny window updates");
      return;
    case NGHTTP2_HEADERS:
      return;
    default:
      if (!frames_.take(now)) calm("too many control frames");
  }
}

void ServerSession::on_reset_sent(StreamState* /*stream*/, std::uint32_t error_code) {
  // A client can make us reset streams as well as reset them itself.
  if (error_code == NGHTTP2_NO_ERROR || error_code == NGHTTP2_CANCEL || error_code == NGHTTP2_INTERNAL_ERROR) return;
  if (!resets_.take(loop::Loop::current().now())) calm("streams are opened and broken");
}

void ServerSession::after_input() {
  // Those that were reset meanwhile have gone from the list: no work is begun for them.
  while (!arrived_.empty()) {
    std::vector<Stream*> batch;
    batch.swap(arrived_);
    for (Stream* const stream : batch) {
      stream->queued = false;
      stream->task = stream->serve();
      stream->task.start(std::noop_coroutine());
    }
  }
}

void ServerSession::destroy(StreamState& stream) {
  const std::size_t unread = stream.in.drop();
  delete static_cast<Stream*>(&stream);
  if (unread != 0) nghttp2_session_consume_connection(session_, unread);
  if (streams_ != 0 || broken_) return;
  idle_since_ = loop::Loop::current().now();
  if (notice_given_ != loop::kNever || handlers_.draining()) announce_end(last_opened_);
}

void ServerSession::on_tick(void* self) { static_cast<ServerSession*>(self)->watch_time(); }

void ServerSession::watch_time() {
  const loop::TimePoint now = loop::Loop::current().now();
  loop::TimePoint next = now + kTick;
  if (streams_ == 0) {
    const loop::Nanoseconds patience =
        options_.idle_timeout.count() > 0 ? options_.idle_timeout : options_.read_timeout;
    if (patience.count() > 0 && now - idle_since_ >= patience) {
      announce_end(last_opened_);
      flush();
      return lose_connection();
    }
    if (patience.count() > 0) next = std::max(next, idle_since_ + patience);
    if (patience.count() == 0) next = now + std::chrono::seconds(60);
  }
  for (StreamState* at = first_; at != nullptr;) {
    StreamState* const stream = at;
    at = at->next;
    check_stream(static_cast<Stream&>(*stream), now);
  }
  if (notice_given_ != loop::kNever && now - notice_given_ >= kDrainNotice) announce_end(last_opened_);
  if (options_.stall_timeout.count() > 0 && blocked_since_ != loop::kNever &&
      now - blocked_since_ >= options_.stall_timeout) {
    return lose_connection();
  }
  tick_.arm(next);
}

void ServerSession::check_stream(Stream& stream, loop::TimePoint now) {
  Outflow& out = stream.out;
  if (stream.in.deadline <= now && !stream.in.ended && !stream.answered) {
    // A request whose fields never end; content has its own deadline where it is pulled.
    if (stream.task) return;
    return reset(stream, NGHTTP2_CANCEL);
  }
  if (stream.write_deadline <= now && stream.answered) return reset(stream, NGHTTP2_INTERNAL_ERROR);
  if (!out.active || out.waiting || options_.stall_timeout.count() == 0) {
    out.stalled_since = loop::kNever;
    return;
  }
  if (out.stalled_since == loop::kNever) {
    out.stalled_since = now;
    out.sent_at_check = out.sent;
  } else if (now - out.stalled_since >= options_.stall_timeout) {
    if (out.sent - out.sent_at_check < kLeastProgress) return reset(stream, NGHTTP2_CANCEL);
    out.stalled_since = loop::kNever;
  }
}

}  // namespace tandem::http2
