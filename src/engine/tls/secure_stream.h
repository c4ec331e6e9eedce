#pragma once

// SecureStream: a net::Stream that speaks TLS over a socket, as server or as client. OpenSSL reads from the socket and
// writes into an outbox of the core, which goes out in one system call. Idle, it holds no buffers. One core; owned like
// any Stream.
//
// What was written is out, or try_write() said less: as long as ciphertext waits for room in the socket, the last byte
// is not reported as written, so a caller who writes until all is gone waits for the ciphertext as well. It must go on
// with the same bytes, as with any stream.

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/loop/task.h"
#include "engine/net/tcp.h"
#include "engine/tls/certificate.h"
#include "engine/tls/client_context.h"
#include "engine/tls/client_session.h"
#include "engine/tls/server_context.h"

struct stack_st_X509;  // STACK_OF(X509)

namespace tandem::tls {

class SecureStream final : public net::Stream {
 public:
  /// The server's side. `early` is what was read from the socket already. Without a certificate the client is refused
  /// with unrecognized_name.
  static std::unique_ptr<SecureStream> accept(std::unique_ptr<net::SocketStream> socket, ServerContextPtr context,
                                              CertificatePtr certificate, std::string early);
  /// The client's side, with a server of this name or IP address (without brackets). `alpn`: the protocols offered,
  /// each behind its length in a byte. `session`: offered if there is one, and replaced by what the server gives.
  static std::unique_ptr<SecureStream> connect(std::unique_ptr<net::SocketStream> socket, ClientContextPtr context,
                                               std::string_view server_name, std::string_view alpn,
                                               std::shared_ptr<ClientSession> session = nullptr);
  ~SecureStream() override;
  SecureStream(const SecureStream&) = delete;
  SecureStream& operator=(const SecureStream&) = delete;

  /// Shakes hands. Errors: kTimeout at `deadline`, kReset and kClosed when the peer goes, kTls for what TLS refuses.
  /// After an error the peer has been told why.
  loop::Task<base::Result<void>> handshake(loop::TimePoint deadline);

  net::IoCount try_read(std::span<char> into) override;
  net::IoCount try_write(std::span<const iovec> from) override;
  loop::Descriptor::Wait readable(loop::TimePoint deadline) override { return socket_->readable(deadline); }
  loop::Descriptor::Wait writable(loop::TimePoint deadline) override { return socket_->writable(deadline); }
  void end_with_next_write() override { ends_ = true; }
  /// Sends close_notify (RFC 8446 §6.1) and ends this direction of the connection.
  void shutdown_write() override;
  void reset_on_close() override;
  loop::Descriptor& descriptor() override { return socket_->descriptor(); }

  /// The socket below: to read on after a handshake that failed.
  net::SocketStream& socket() { return *socket_; }

  // What was agreed on; after the handshake.
  std::string_view protocol() const;  ///< by ALPN; empty without
  std::string_view version() const;   ///< "TLSv1.3"
  std::string_view cipher() const;    ///< the standard name, "TLS_AES_128_GCM_SHA256"
  bool resumed() const;
  /// The peer's certificate, null without; borrowed.
  X509* peer_certificate() const;
  /// The chain as the peer sent it, for a server without the leaf; borrowed.
  stack_st_X509* peer_chain() const;

  // The server's side.
  const CertificatePtr& certificate() const { return certificate_; }
  const ServerContext* server_context() const { return context_.get(); }
  static SecureStream& of(const SSL* ssl);

  // The client's side.
  ClientSession* session() { return session_.get(); }
  SSL* raw() { return ssl_; }

 private:
  friend struct SocketBio;
  SecureStream(std::unique_ptr<net::SocketStream> socket, SSL* ssl);

  enum class Step : std::uint8_t { kDone, kRead, kFailed };
  Step shake(loop::Nanoseconds& took);
  base::Error handshake_error() const;
  net::IoCount read_result(int result);
  bool flush(int flags = 0);
  void send_out(std::string_view ciphertext, int flags);
  void write_goodbye();
  void say_goodbye();

  std::unique_ptr<net::SocketStream> socket_;
  SSL* ssl_;
  ServerContextPtr context_;         // the server's side
  ClientContextPtr client_context_;  // the client's side
  std::shared_ptr<ClientSession> session_;
  CertificatePtr certificate_;
  std::string early_;                      // read before, not yet given to OpenSSL
  std::string waiting_;                    // ciphertext that the socket did not take
  std::optional<net::IoCount> next_read_;  // the end or the error that came right behind what was read
  int error_ = 0;                          // errno of the socket
  bool ends_ = false;                      // close_notify goes with the next write
  bool held_ = false;                      // the byte that comes next was written already
  bool ended_ = false;                     // the socket
  bool broken_ = false;                    // nothing more can be written
  bool closed_ = false;                    // close_notify was sent, or must not be
};

}  // namespace tandem::tls
