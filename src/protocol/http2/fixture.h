#pragma once

// For tests: the other end of a connection, which may do what no honest program does.

#include <nghttp2/nghttp2.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/loop/drive.h"
#include "engine/net/stream_pair.h"
#include "protocol/http/handler_source.h"

namespace tandem::http2 {

using Pairs = std::vector<std::pair<std::string, std::string>>;

inline std::string frame(std::uint8_t type, std::uint8_t flags, std::int32_t stream, std::string_view payload) {
  std::string out;
  for (const int shift : {16, 8, 0}) out.push_back(static_cast<char>(payload.size() >> shift));
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(flags));
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(stream >> shift));
  return out.append(payload);
}

/// A client or server over nghttp2 without its checks; tests may send raw frames beside it.
class Peer {
 public:
  struct Answer {
    std::vector<Pairs> blocks;  ///< of fields, in order: interim, final, trailers
    std::string body;
    bool ended = false;
    std::uint32_t reset = 0;
    bool closed = false;
    std::string field(std::string_view name) const {
      for (const Pairs& block : blocks) {
        for (const auto& [n, v] : block) {
          if (n == name) return v;
        }
      }
      return "(none)";
    }
  };

  explicit Peer(net::StreamPair& pair, std::vector<nghttp2_settings_entry> settings = {}) : pair_(pair) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, [](auto*, const nghttp2_frame* f, void* self) {
      of(self, f->hd.stream_id).blocks.emplace_back();
      return 0;
    });
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](auto*, const nghttp2_frame* f, const std::uint8_t* n, std::size_t nl, const std::uint8_t* v,
                      std::size_t vl, std::uint8_t, void* self) {
          of(self, f->hd.stream_id)
              .blocks.back()
              .emplace_back(std::string(reinterpret_cast<const char*>(n), nl),
                            std::string(reinterpret_cast<const char*>(v), vl));
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](auto*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size, void* self) {
          of(self, id).body.append(reinterpret_cast<const char*>(bytes), size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, [](auto*, const nghttp2_frame* f, void* self) {
      auto& peer = *static_cast<Peer*>(self);
      if (f->hd.type == NGHTTP2_GOAWAY) {
        peer.goaways.emplace_back(f->goaway.last_stream_id, f->goaway.error_code);
      } else if (f->hd.type == NGHTTP2_RST_STREAM) {
        peer.answers[f->hd.stream_id].reset = f->rst_stream.error_code + 1;
      } else if (f->hd.type <= NGHTTP2_HEADERS && (f->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        peer.answers[f->hd.stream_id].ended = true;
      }
      return 0;
    });
    nghttp2_option* options = nullptr;
    nghttp2_option_new(&options);
    nghttp2_option_set_no_http_messaging(options, 1);
    nghttp2_session_client_new2(&raw, callbacks, this, options);
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(raw, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  }
  ~Peer() { nghttp2_session_del(raw); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// Begins a request; `body` is sent with the end of the stream unless `open`.
  std::int32_t request(const Pairs& fields, std::string body = "", bool open = false) {
    std::vector<nghttp2_nv> list;
    for (const auto& [name, value] : fields) {
      list.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                      reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(), 0});
    }
    bodies.push_back(std::make_unique<Upload>(Upload{std::move(body), open, {}}));
    nghttp2_data_provider provider{{.ptr = bodies.back().get()}, &Peer::read};
    const bool content = open || !bodies.back()->left.empty();
    return nghttp2_submit_request(raw, nullptr, list.data(), list.size(), content ? &provider : nullptr, nullptr);
  }
  static Pairs get(const std::string& path, const std::string& method = "GET", const Pairs& more = {}) {
    Pairs all = {{":method", method}, {":scheme", "http"}, {":authority", "a.test"}, {":path", path}};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// What the next request() bodies end with.
  void add_trailers(const Pairs& fields) { bodies.back()->trailers = fields; }

  /// Sends what there is and takes what comes, until nothing happens any more.
  void run(int rounds = 12) {
    for (int i = 0; i < rounds; ++i) {
      const std::uint8_t* bytes = nullptr;
      for (;;) {
        const ssize_t size = nghttp2_session_mem_send(raw, &bytes);
        if (size <= 0) break;
        waiting.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
      }
      waiting.erase(0, pair_.send(waiting));
      loop::turn();
      if (deaf) continue;
      const std::string got = pair_.receive();
      received += got.size();
      nghttp2_session_mem_recv(raw, reinterpret_cast<const std::uint8_t*>(got.data()), got.size());
    }
  }
  /// Sends bytes as they are, behind what is waiting.
  void send(std::string_view bytes) {
    run(1);
    waiting.append(bytes);
    run();
  }

  nghttp2_session* raw = nullptr;
  std::map<std::int32_t, Answer> answers;
  std::vector<std::pair<std::int32_t, std::uint32_t>> goaways;
  std::string waiting;
  std::size_t received = 0;
  bool deaf = false;  ///< reads nothing from the connection

 private:
  struct Upload {
    std::string left;
    bool open;
    Pairs trailers;
  };
  static Answer& of(void* self, std::int32_t id) { return static_cast<Peer*>(self)->answers[id]; }
  static ssize_t read(nghttp2_session* session, std::int32_t id, std::uint8_t* into, std::size_t most,
                      std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& upload = *static_cast<Upload*>(source->ptr);
    const std::size_t size = std::min(most, upload.left.size());
    std::copy_n(upload.left.data(), size, reinterpret_cast<char*>(into));
    upload.left.erase(0, size);
    if (size == 0 && upload.open) return NGHTTP2_ERR_DEFERRED;
    if (upload.left.empty() && !upload.open) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (upload.left.empty() && !upload.trailers.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      std::vector<nghttp2_nv> list;
      for (const auto& [name, value] : upload.trailers) {
        list.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                        reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                        0});
      }
      nghttp2_submit_trailer(session, id, list.data(), list.size());
    }
    return static_cast<ssize_t>(size);
  }

  net::StreamPair& pair_;
  std::vector<std::unique_ptr<Upload>> bodies;
};

}  // namespace tandem::http2
