#pragma once

// ClientSession: the newest session that a server gave, for the next connection to it to take up (RFC 8446 §2.2), which
// saves both sides the certificates. One core; shared by those who dial the server and the connections to it.

#include <openssl/types.h>

struct ssl_session_st;  // SSL_SESSION

namespace tandem::tls {

class ClientSession {
 public:
  ClientSession() = default;
  ~ClientSession() { forget(); }
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  /// Keeps a copy of a session that a server gave.
  void keep(const ssl_session_st* session);
  /// Lets a connection that is about to begin offer it.
  void offer(SSL* ssl) const;
  void forget();

 private:
  ssl_session_st* latest_ = nullptr;
};

}  // namespace tandem::tls
