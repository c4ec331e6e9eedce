#pragma once

// ClientSession: the client's side of one HTTP/2 connection to a server: many requests at a time, each a stream. One
// core; owned by a pool, which keeps it until it is over and nobody refers to it.

#include <cstdint>
#include <memory>

#include "protocol/http/exchange.h"
#include "protocol/http2/session.h"

namespace tandem::http2 {

struct ClientOptions {
  std::size_t max_header_bytes = std::size_t{10} * 1024 * 1024;  ///< of a response, as Go's client
  std::size_t max_header_fields = 10000;
  loop::Nanoseconds header_timeout{0};  ///< from the request's end to the response's fields; 0: none
  loop::Nanoseconds ping_after{0};      ///< of silence while requests wait (readIdleTimeout); 0: never
  loop::Nanoseconds ping_timeout = std::chrono::seconds(15);
  loop::Nanoseconds idle_timeout = std::chrono::seconds(90);  ///< without any request; 0: none
  /// Content of one response that waits to be pulled. A client that reads slowly must not hold up the other streams, so
  /// the connection's window is as wide as it gets.
  std::uint32_t stream_window = std::uint32_t{256} * 1024;
  std::size_t streams_at_first = 100;  ///< until the server has said how many it takes
};

class ClientSession final : public Session, public loop::Pooled {
 public:
  /// Called when room for a stream appears or the connection comes to its end; not from inside send().
  struct Listener {
    void (*changed)(void* context, ClientSession& session) = nullptr;
    void* context = nullptr;
  };
  ClientSession(std::unique_ptr<net::Stream> stream, const ClientOptions& options, Listener listener);
  ~ClientSession() override;

  /// Sends the preface and begins to read.
  void start();
  /// Another request may be sent.
  bool usable() const;
  /// How many streams the server takes at a time, as far as it is known.
  std::size_t stream_limit() const;
  /// Nothing refers to it and nothing will: it may be destroyed, though not from inside one of its calls.
  bool over() const { return ended_ && held_ == 0; }
  bool ended() const { return ended_; }
  std::size_t held() const { return held_; }

  /// Sends `request` and returns the head of the response with its body still to be pulled; the content of the request
  /// is sent beside that. `scheme` is "http" or "https". Memory comes from `exchange.arena`. After an error that is
  /// retryable `request` is whole again: the server has not seen it.
  loop::Task<base::Result<http::Response>> send(http::Request& request, http::Exchange& exchange,
                                                http::ClientLink* interim, std::string_view scheme);
  /// Announces that no more requests come, and ends when the last response was read.
  void close_when_idle();

 private:
  class Stream;
  class Hold;

  StreamState* open_stream(std::int32_t /*id*/) override { return nullptr; }  // servers do not push
  void on_goaway(std::int32_t last_stream, std::uint32_t error_code) override;
  void on_ping_ack() override { ping_sent_ = loop::kNever; }
  void on_settings() override;
  void on_frame(std::uint8_t type, std::uint8_t flags, StreamState* stream, std::size_t length) override;
  void destroy(StreamState& stream) override;

  loop::Task<void> run();
  void write_request(Stream& stream, http::Request& request, std::string_view scheme);
  base::Error failure(Stream& stream, http::Request& request);
  void let_go(Stream& stream);
  void tell() { listener_.changed(listener_.context, *this); }
  void watch_time();
  static void on_tick(void* self) { static_cast<ClientSession*>(self)->watch_time(); }

  ClientOptions options_;
  Listener listener_;
  loop::Scope tasks_;
  loop::Timer tick_{&ClientSession::on_tick, this};
  loop::TimePoint last_frame_;
  loop::TimePoint idle_since_;
  loop::TimePoint ping_sent_ = loop::kNever;
  std::size_t held_ = 0;  // streams that somebody refers to
  std::uint64_t requests_ = 0;
  Budget frames_;
  bool closing_ = false;  // no further requests: GOAWAY came or was sent
  bool settled_ = false;  // the server's settings are known
  bool ended_ = false;
};

}  // namespace tandem::http2
