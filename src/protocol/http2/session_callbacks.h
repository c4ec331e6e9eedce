#pragma once

// What nghttp2 calls; private to the files of Session.

#include <nghttp2/nghttp2.h>

#include "protocol/http2/session.h"

namespace tandem::http2 {

struct Session::Callbacks {
  static int begin_frame(nghttp2_session* raw, const nghttp2_frame_hd* head, void* self);
  static int begin_headers(nghttp2_session* raw, const nghttp2_frame* frame, void* self);
  static int header(nghttp2_session* raw, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t flags, void* self);
  static int frame_received(nghttp2_session* raw, const nghttp2_frame* frame, void* self);
  static int data_received(nghttp2_session* raw, std::uint8_t flags, std::int32_t id, const std::uint8_t* bytes,
                           std::size_t size, void* self);
  static int stream_closed(nghttp2_session* raw, std::int32_t id, std::uint32_t error_code, void* self);
  static int frame_sent(nghttp2_session* raw, const nghttp2_frame* frame, void* self);
  static ssize_t read(nghttp2_session* raw, std::int32_t id, std::uint8_t* into, std::size_t most, std::uint32_t* flags,
                      nghttp2_data_source* source, void* self);
  static int send_data(nghttp2_session* raw, nghttp2_frame* frame, const std::uint8_t* head, std::size_t size,
                       nghttp2_data_source* source, void* self);

  static StreamState* stream_of(nghttp2_session* raw, std::int32_t id) {
    return static_cast<StreamState*>(nghttp2_session_get_stream_user_data(raw, id));
  }
  static std::uint32_t end_of_content(StreamState& stream);
  static void content_framed(Session& session, StreamState& stream);
};

}  // namespace tandem::http2
