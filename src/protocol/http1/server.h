#pragma once

// The server's side of one HTTP/1 connection: reads requests, has them handled one after the other, writes the answers.
// One core; owned by the task that runs it.

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/loop/scope.h"
#include "protocol/http/exchange.h"
#include "protocol/http/handler_source.h"
#include "protocol/http1/content.h"

namespace tandem::http1 {

/// Limits and time-outs of an entry point (Traefik: entryPoints.NAME.http.maxHeaderBytes, .transport). 0 means none.
struct ServerOptions {
  std::size_t max_header_bytes = 1048576;
  std::size_t max_header_fields = 1000;
  loop::Nanoseconds read_timeout = std::chrono::seconds(60);   ///< a whole request
  loop::Nanoseconds write_timeout{0};                          ///< a whole response
  loop::Nanoseconds idle_timeout = std::chrono::seconds(180);  ///< between requests
  std::uint64_t keep_alive_max_requests = 0;
  loop::Nanoseconds keep_alive_max_time{0};
  std::uint64_t min_bytes_per_second = 0;
  loop::Nanoseconds min_bytes_grace = std::chrono::seconds(10);
};

using HandlerSource = http::HandlerSource;

class ServerSession final : public http::ClientLink, public http::ServedConnection, public loop::Pooled {
 public:
  ServerSession(std::unique_ptr<net::Stream> stream, std::unique_ptr<http::Connection> connection,
                const ServerOptions& options, const HandlerSource& handlers);
  ~ServerSession() override;

  /// Serves until the connection ends; then this object may go.
  loop::Task<void> run();
  /// Bytes that were read before the session began (PROXY header, protocol detection).
  void preload(std::string_view bytes);
  /// Between two requests: nothing is lost by closing now.
  bool idle() const { return idle_; }
  void close_idle();
  void drain() override {
    if (idle_) close_idle();
  }

  /// What run() leaves when the client began with the preface of HTTP/2 (RFC 9113 §3.4).
  struct Handover {
    std::unique_ptr<net::Stream> stream;  ///< null: it did not
    std::unique_ptr<http::Connection> connection;
    std::string early;  ///< everything that was read, the preface first
  };
  Handover take_http2();

  loop::Task<void> send_interim(int status, const http::Headers& headers) override;

 private:
  struct Turn;  // one request and its response
  class RequestBody;

  loop::Task<bool> wait_for_request();
  // Not inlined: its frame, which holds a whole request, must not become part of one that lives as long as the
  // connection.
  [[gnu::noinline]] loop::Task<bool> serve();
  loop::Task<bool> answer(Turn& turn, http::Response response);
  loop::Task<std::optional<HeadError>> read_head(Turn& turn);
  loop::Task<void> refuse(HeadError error, bool with_body);
  http::Request make_request(Turn& turn);
  bool may_keep_alive(const Turn& turn) const;
  loop::Task<bool> write_response(Turn& turn, http::Response& response);
  loop::Task<bool> write_streamed(Turn& turn, http::Body& body, std::string_view head);
  loop::Task<void> run_tunnel(http::Response& response);
  [[gnu::noinline]] loop::Task<bool> discard_rest(Turn& turn);
  loop::Task<void> linger();

  Wire wire_;
  std::unique_ptr<http::Connection> connection_;
  const ServerOptions& options_;
  const HandlerSource& handlers_;
  Turn* turn_ = nullptr;
  loop::TimePoint opened_;
  loop::TimePoint write_deadline_ = loop::kNever;
  std::uint64_t requests_ = 0;
  bool idle_ = true;
  bool met_http2_ = false;
};

}  // namespace tandem::http1
