#include "engine/tls/client_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

namespace tandem::tls {

// Copies, as OpenSSL marks what it has used, or what belonged to a connection that broke, as not to be used again.

void ClientSession::keep(const SSL_SESSION* session) {
  forget();
  latest_ = ::SSL_SESSION_dup(session);
}

void ClientSession::offer(SSL* ssl) const {
  if (latest_ == nullptr) return;
  SSL_SESSION* const copy = ::SSL_SESSION_dup(latest_);
  if (copy != nullptr) ::SSL_set_session(ssl, copy);
  ::SSL_SESSION_free(copy);
  ::ERR_clear_error();
}

void ClientSession::forget() { ::SSL_SESSION_free(std::exchange(latest_, nullptr)); }

}  // namespace tandem::tls
