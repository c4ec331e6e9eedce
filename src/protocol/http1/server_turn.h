#pragma once

// One request and its response on a connection; private to the files of ServerSession.

#include "protocol/http1/server.h"

namespace tandem::http1 {

struct ServerSession::Turn {
  Turn(Wire& wire, const http::Connection& connection, http::ClientLink* link)
      : exchange(connection, link), content(wire, exchange.arena, base::Side::kClient) {
    head.headers = http::Headers(exchange.arena);
  }
  // A session that is cut takes its turn along: the request has ended then.
  ~Turn() { abandon(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  /// Tells how the request ended; only the first call counts.
  void end(http::Outcome outcome);
  /// The client has gone before its answer.
  void abandon();

  http::Exchange exchange;
  RequestHead head;
  Content content;
  loop::TimePoint read_deadline = loop::kNever;
  std::uint64_t bytes_sent = 0;
  int status = 0;                           ///< of the response; 0 until it is written
  const HandlerSource* observer = nullptr;  ///< until the request has ended; null when no handler got it
  std::uint64_t content_given = 0;          ///< of the request, as one piece with it
  bool continue_owed = false;               ///< the client waits for 100 before it sends its content
  bool continue_sent = false;
  bool client_gone = false;
  bool bad_target = false;
  bool close = false;    ///< the connection ends after this response
  bool chunked = false;  ///< the response is written with the chunked coding
};

}  // namespace tandem::http1
