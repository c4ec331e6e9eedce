#include "protocol/http2/session_callbacks.h"

#include <algorithm>

#include "protocol/http2/fields.h"

namespace tandem::http2 {

namespace {

// Content up to this size is copied behind its frame's head: cheaper than one more piece for the kernel to gather.
constexpr std::size_t kCopied = 2048;
constexpr std::size_t kFrameHead = 9;

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

bool ends_stream(const nghttp2_frame& frame) { return (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0; }

}  // namespace

nghttp2_session_callbacks* Session::callbacks() {
  // Made once; nghttp2 copies them into each session.
  static nghttp2_session_callbacks* const all = [] {
    nghttp2_session_callbacks* made = nullptr;
    nghttp2_session_callbacks_new(&made);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, &Callbacks::begin_headers);
    nghttp2_session_callbacks_set_on_begin_frame_callback(made, &Callbacks::begin_frame);
    nghttp2_session_callbacks_set_on_header_callback(made, &Callbacks::header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, &Callbacks::frame_received);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, &Callbacks::data_received);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, &Callbacks::stream_closed);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, &Callbacks::frame_sent);
    nghttp2_session_callbacks_set_send_data_callback(made, &Callbacks::send_data);
    return made;
  }();
  return all;
}

nghttp2_option* Session::common_options(std::size_t max_header_bytes) {
  constexpr std::size_t kFramePayload = 16384;
  constexpr std::size_t kSpareContinuations = 8;
  nghttp2_option* options = nullptr;
  nghttp2_option_new(&options);
  // Windows follow what is pulled, and messages are validated here (fields.h): with other answers than nghttp2's.
  nghttp2_option_set_no_auto_window_update(options, 1);
  nghttp2_option_set_no_http_messaging(options, 1);
  nghttp2_option_set_no_closed_streams(options, 1);
  nghttp2_option_set_max_continuations(options, max_header_bytes / kFramePayload + kSpareContinuations);
  nghttp2_option_set_max_send_header_block_length(options, std::size_t{10} * 1024 * 1024);
  return options;
}

int Session::Callbacks::begin_frame(nghttp2_session* raw, const nghttp2_frame_hd* head, void* self) {
  StreamState*& receiving = static_cast<Session*>(self)->receiving_;
  if (receiving == nullptr || receiving->id != head->stream_id) {
    receiving = head->stream_id != 0 ? stream_of(raw, head->stream_id) : nullptr;
  }
  // Said of them before what they belong to is looked at.
  const bool empty = head->type == NGHTTP2_DATA && head->length == 0;
  if (empty || head->type > NGHTTP2_CONTINUATION) {
    static_cast<Session*>(self)->on_frame(head->type, head->flags, nullptr, head->length);
  }
  return 0;
}

int Session::Callbacks::begin_headers(nghttp2_session* raw, const nghttp2_frame* frame, void* self) {
  if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  Session& session = *static_cast<Session*>(self);
  StreamState* const stream = session.open_stream(frame->hd.stream_id);
  session.receiving_ = stream;
  if (stream == nullptr) {
    return nghttp2_submit_rst_stream(raw, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
  }
  stream->id = frame->hd.stream_id;
  return nghttp2_session_set_stream_user_data(raw, stream->id, stream);
}

int Session::Callbacks::header(nghttp2_session* /*raw*/, const nghttp2_frame* /*frame*/, const std::uint8_t* name,
                               std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                               std::uint8_t /*flags*/, void* self) {
  StreamState* const stream = static_cast<Session*>(self)->receiving_;
  if (stream != nullptr) stream->on_field(text(name, name_size), text(value, value_size));
  return 0;
}

int Session::Callbacks::frame_received(nghttp2_session* /*raw*/, const nghttp2_frame* frame, void* self) {
  Session& session = *static_cast<Session*>(self);
  StreamState* const stream = session.receiving_;
  const bool ack = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      if (stream != nullptr) stream->on_fields_end(ends_stream(*frame));
      [[fallthrough]];
    case NGHTTP2_DATA:
      if (stream != nullptr && ends_stream(*frame) && !stream->receive_end()) {
        session.reset(*stream, NGHTTP2_PROTOCOL_ERROR);
      }
      break;
    case NGHTTP2_GOAWAY:
      session.on_goaway(frame->goaway.last_stream_id, frame->goaway.error_code);
      break;
    case NGHTTP2_PING:
      if (ack) session.on_ping_ack();
      break;
    case NGHTTP2_SETTINGS:
      if (!ack) session.on_settings();
      break;
    default:
      break;
  }
  std::size_t length = frame->hd.length;
  if (frame->hd.type == NGHTTP2_WINDOW_UPDATE) {
    length = static_cast<std::size_t>(frame->window_update.window_size_increment);
  }
  const bool counted = frame->hd.type == NGHTTP2_DATA && length == 0;
  if (!counted) session.on_frame(frame->hd.type, frame->hd.flags, stream, length);
  session.schedule_flush();
  return 0;
}

int Session::Callbacks::data_received(nghttp2_session* raw, std::uint8_t /*flags*/, std::int32_t /*id*/,
                                      const std::uint8_t* bytes, std::size_t size, void* self) {
  Session& session = *static_cast<Session*>(self);
  StreamState* const stream = session.receiving_;
  if (stream == nullptr) {
    nghttp2_session_consume_connection(raw, size);
  } else if (!stream->receive(text(bytes, size))) {
    stream->in.failed = true;
    stream->in.error_kind = base::ErrorKind::kProtocol;
    stream->in.error_text = "more content than was announced";
    session.return_credit(*stream, size);
    session.reset(*stream, NGHTTP2_PROTOCOL_ERROR);
  }
  return 0;
}

int Session::Callbacks::stream_closed(nghttp2_session* raw, std::int32_t id, std::uint32_t error_code, void* self) {
  Session& session = *static_cast<Session*>(self);
  StreamState* const stream = stream_of(raw, id);
  if (stream == nullptr) return 0;
  nghttp2_session_set_stream_user_data(raw, id, nullptr);
  stream->closed = true;
  if (session.receiving_ == stream) session.receiving_ = nullptr;
  stream->on_closed(error_code);
  session.closed_.push_back(stream);
  session.schedule_flush();
  return 0;
}

int Session::Callbacks::frame_sent(nghttp2_session* raw, const nghttp2_frame* frame, void* self) {
  const bool content = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
  if (frame->hd.type == NGHTTP2_RST_STREAM) {
    StreamState* const stream = stream_of(raw, frame->hd.stream_id);
    static_cast<Session*>(self)->on_reset_sent(stream, frame->rst_stream.error_code);
  } else if (content && ends_stream(*frame)) {
    if (StreamState* const stream = stream_of(raw, frame->hd.stream_id)) stream->on_sent_end();
  }
  return 0;
}

/// What nghttp2 is told with the last piece of content: trailer fields follow, or the stream ends with it.
std::uint32_t Session::Callbacks::end_of_content(StreamState& stream) {
  const http::Body& body = stream.out.body;
  const http::Headers* const trailers = body.streamed() ? body.trailers() : nullptr;
  if (trailers == nullptr || trailers->empty()) return NGHTTP2_DATA_FLAG_EOF;
  stream.submit_trailers(*trailers);
  return NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
}

ssize_t Session::Callbacks::read(nghttp2_session* /*raw*/, std::int32_t /*id*/, std::uint8_t* /*into*/,
                                 std::size_t most, std::uint32_t* flags, nghttp2_data_source* source, void* self) {
  Session& session = *static_cast<Session*>(self);
  auto& stream = *static_cast<StreamState*>(source->ptr);
  Outflow& out = stream.out;
  if (!out.active || out.held) return NGHTTP2_ERR_DEFERRED;  // it was given up, or has not begun
  while (out.pending.empty()) {
    if (out.referenced) {
      out.deferred = true;
      return NGHTTP2_ERR_DEFERRED;
    }
    const http::Chunk chunk = out.body.try_read();
    out.pulled |= chunk.kind != http::Chunk::Kind::kWouldBlock;
    switch (chunk.kind) {
      case http::Chunk::Kind::kBytes:
        out.pending = chunk.bytes;
        out.ending = chunk.last;
        break;
      case http::Chunk::Kind::kWouldBlock:
        out.waiting = true;
        session.wake(stream);
        return NGHTTP2_ERR_DEFERRED;
      case http::Chunk::Kind::kError:
        out.active = false;
        out.failed = true;
        session.wake(stream);
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // the stream is reset with INTERNAL_ERROR
      case http::Chunk::Kind::kEnd: {
        *flags |= NGHTTP2_DATA_FLAG_NO_COPY | end_of_content(stream);
        out.active = false;
        session.wake(stream);
        return 0;
      }
    }
  }
  const std::size_t size = std::min(most, out.pending.size());
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  const bool whole = out.body.length() == out.sent + size && (!out.body.streamed() || out.body.trailers() == nullptr);
  out.ending = out.ending || whole;
  if (out.ending && size == out.pending.size()) *flags |= end_of_content(stream);
  return static_cast<ssize_t>(size);
}

int Session::Callbacks::send_data(nghttp2_session* /*raw*/, nghttp2_frame* /*frame*/, const std::uint8_t* head,
                                  std::size_t size, nghttp2_data_source* source, void* self) {
  Session& session = *static_cast<Session*>(self);
  auto& stream = *static_cast<StreamState*>(source->ptr);
  Outflow& out = stream.out;
  Outbox& outbox = session.out_;
  if (out.pending.size() < size) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // it was given up meanwhile
  if (outbox.full()) return NGHTTP2_ERR_WOULDBLOCK;
  outbox.copy(text(head, kFrameHead));
  const std::string_view bytes = out.pending.substr(0, size);
  out.pending.remove_prefix(bytes.size());
  out.sent += bytes.size();
  if (bytes.size() <= kCopied) {
    outbox.copy(bytes);
  } else {
    outbox.refer(bytes, &stream);
    if (!out.referenced) session.batch_.push_back(&stream);
    out.referenced = true;
  }
  if (out.ending && out.pending.empty() && out.active) content_framed(session, stream);
  return 0;
}

void Session::Callbacks::content_framed(Session& session, StreamState& stream) {
  Outflow& out = stream.out;
  out.active = false;
  if (!out.body.streamed()) return;
  out.last_pull = true;
  session.finished_.push_back(&stream);
  session.wake(stream);
}

}  // namespace tandem::http2
