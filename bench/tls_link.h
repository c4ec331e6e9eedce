// TLS for the load generator: calls that behave like send and recv of a non-blocking socket, over OpenSSL. One thread;
// a TlsLink belongs to the connection whose descriptor it was given, and goes before it.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstddef>

namespace tandem::bench {

/// The client's settings: TLS 1.3 and 1.2, no verification, sessions handed to the links that they came from.
class TlsClient {
 public:
  TlsClient() : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_mode(context_,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context_, 1);
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context_, [](SSL* ssl, SSL_SESSION* session) {
      auto* const kept = static_cast<SSL_SESSION**>(SSL_get_app_data(ssl));
      if (kept == nullptr) return 0;
      SSL_SESSION_free(*kept);
      *kept = session;
      return 1;
    });
  }
  ~TlsClient() { SSL_CTX_free(context_); }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  SSL_CTX* context() const { return context_; }

 private:
  SSL_CTX* context_;
};

class TlsLink {
 public:
  /// `session`: where the newest session of the server is kept and taken from; null for full handshakes.
  TlsLink(const TlsClient& client, int fd, const char* name, SSL_SESSION** session) : ssl_(SSL_new(client.context())) {
    SSL_set_fd(ssl_, fd);
    SSL_set_tlsext_host_name(ssl_, name);
    SSL_set_app_data(ssl_, session);
    if (session != nullptr && *session != nullptr) {
      // A copy: OpenSSL takes up a session of TLS 1.3 once only, and not all servers give a new one each time.
      SSL_SESSION* const copy = SSL_SESSION_dup(*session);
      SSL_set_session(ssl_, copy);
      SSL_SESSION_free(copy);
    }
    SSL_set_connect_state(ssl_);
  }
  ~TlsLink() {
    SSL_set_quiet_shutdown(ssl_, 1);
    SSL_shutdown(ssl_);  // a session whose connection was not ended would not be resumed
    SSL_free(ssl_);
  }
  TlsLink(const TlsLink&) = delete;
  TlsLink& operator=(const TlsLink&) = delete;

  /// 1: done; 0: more is to be read first; -1: failed.
  int handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) return 1;
    return SSL_get_error(ssl_, result) == SSL_ERROR_WANT_READ ? 0 : -1;
  }
  bool resumed() const { return SSL_session_reused(ssl_) == 1; }

  ssize_t send(const char* from, std::size_t size) {
    ERR_clear_error();
    return result_of(SSL_write(ssl_, from, static_cast<int>(size)));
  }
  ssize_t receive(char* into, std::size_t size) {
    ERR_clear_error();
    return result_of(SSL_read(ssl_, into, static_cast<int>(size)));
  }
  /// OpenSSL holds bytes that the socket does not tell of.
  bool pending() const { return SSL_has_pending(ssl_) == 1; }

 private:
  ssize_t result_of(int result) {
    if (result > 0) return result;
    const int why = SSL_get_error(ssl_, result);
    if (why == SSL_ERROR_ZERO_RETURN) return 0;
    errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
    return -1;
  }

  SSL* ssl_;
};

}  // namespace tandem::bench
