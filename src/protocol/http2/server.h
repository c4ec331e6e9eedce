#pragma once

// ServerSession: the server's side of one HTTP/2 connection: each stream is a request that a handler answers, beside
// the others. One core; owned by the task that runs it.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "protocol/http/handler_source.h"
#include "protocol/http2/session.h"

namespace tandem::http2 {

/// Limits and time-outs of an entry point (Traefik: entryPoints.NAME.http2, .http.maxHeaderBytes, .transport). A time
/// of 0 means none.
struct ServerOptions {
  std::uint32_t max_concurrent_streams = 250;  ///< 0: as many as nghttp2 takes (100 of them announced by Go)
  std::uint32_t decoder_table_size = 4096;     ///< HPACK, of what clients send
  std::uint32_t encoder_table_size = 4096;     ///< HPACK, of what is sent to clients
  std::size_t max_header_bytes = 1048576;
  std::size_t max_header_fields = 1000;
  loop::Nanoseconds read_timeout = std::chrono::seconds(60);  ///< a whole request
  loop::Nanoseconds write_timeout{0};                         ///< a whole response
  std::uint64_t min_bytes_per_second = 0;                     ///< of content, once `min_bytes_grace` has passed
  loop::Nanoseconds min_bytes_grace = std::chrono::seconds(10);
  loop::Nanoseconds idle_timeout = std::chrono::seconds(180);  ///< without any stream
  /// A client that takes nearly nothing of a response for so long loses the stream; one that takes nothing at all from
  /// the socket, the connection.
  loop::Nanoseconds stall_timeout = std::chrono::seconds(120);
  std::uint64_t keep_alive_max_requests = 0;
  loop::Nanoseconds keep_alive_max_time{0};
  std::uint32_t stream_window = std::uint32_t{256} * 1024;  ///< content of one request that waits to be pulled
  std::uint32_t connection_window = std::uint32_t{1024} * 1024;
};

class ServerSession final : public Session, public http::ServedConnection, public loop::Pooled {
 public:
  ServerSession(std::unique_ptr<net::Stream> stream, std::unique_ptr<http::Connection> connection,
                const ServerOptions& options, const http::HandlerSource& handlers);
  ~ServerSession() override;

  /// Serves until the connection ends; then this object may go. `early`: bytes that were read before.
  loop::Task<void> run(std::string_view early);
  /// Announces the end: no further requests; the connection ends with the last response.
  void drain() override;

 private:
  class Stream;

  StreamState* open_stream(std::int32_t id) override;
  void on_frame(std::uint8_t type, std::uint8_t flags, StreamState* stream, std::size_t length) override;
  void on_reset_sent(StreamState* stream, std::uint32_t error_code) override;
  void after_input() override;
  void destroy(StreamState& stream) override;

  void send_preface();
  void announce_end(std::int32_t last_stream);
  void calm(std::string_view what);
  void watch_time();
  void check_stream(Stream& stream, loop::TimePoint now);
  static void on_tick(void* self);

  std::unique_ptr<http::Connection> connection_;
  const ServerOptions& options_;
  const http::HandlerSource& handlers_;
  std::vector<Stream*> arrived_;  // requests whose fields are complete and whose handlers were not called yet
  loop::Timer tick_{&ServerSession::on_tick, this};
  loop::TimePoint opened_;
  loop::TimePoint idle_since_;
  loop::TimePoint notice_given_ = loop::kNever;  // the first of the two GOAWAYs
  std::uint64_t requests_ = 0;
  std::uint64_t written_at_check_ = 0;
  std::int32_t last_opened_ = 0;
  std::int32_t last_allowed_;
  Budget resets_;
  Budget settings_;
  Budget frames_;
  bool final_goaway_ = false;
};

}  // namespace tandem::http2
