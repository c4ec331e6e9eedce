#include "engine/tls/secure_stream.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "engine/net/address.h"
#include "engine/tls/handshake_budget.h"

namespace tandem::tls {

namespace {

using base::Error;
using base::ErrorKind;

constexpr std::size_t kRecord = 16384;          // the most plaintext in a record
constexpr std::size_t kOneWrite = 4 * kRecord;  // plaintext that one call encrypts

/// Where OpenSSL writes to: a buffer of the core, sent at the end of each operation.
struct Outbox {
  static constexpr std::size_t kRoom = kOneWrite + 4096;
  static Outbox& local() {
    thread_local Outbox outbox;
    return outbox;
  }
  std::string_view view() const { return {bytes.get(), size}; }

  std::unique_ptr<char[]> bytes = std::make_unique_for_overwrite<char[]>(kRoom);
  std::unique_ptr<char[]> pieces = std::make_unique_for_overwrite<char[]>(kRecord);  // small pieces become a record
  std::size_t size = 0;
};

}  // namespace

/// OpenSSL's view of the socket.
struct SocketBio {
  static SecureStream& stream_of(BIO* bio) { return *static_cast<SecureStream*>(::BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, std::size_t size, std::size_t* got) {
    SecureStream& stream = stream_of(bio);
    ::BIO_clear_retry_flags(bio);
    if (!stream.early_.empty()) {
      *got = std::min(size, stream.early_.size());
      std::memcpy(into, stream.early_.data(), *got);
      stream.early_.erase(0, *got);
      if (stream.early_.empty()) std::string().swap(stream.early_);
      return 1;
    }
    const net::IoCount count = stream.socket_->try_read(std::span(into, size));
    if (count.moved()) {
      *got = count.bytes();
      return 1;
    }
    *got = 0;
    if (count.would_block()) {
      ::BIO_set_retry_read(bio);
    } else if (count.ended()) {
      stream.ended_ = true;
    } else {
      stream.error_ = count.error();
    }
    return 0;
  }

  static int write(BIO* bio, const char* from, std::size_t size, std::size_t* taken) {
    SecureStream& stream = stream_of(bio);
    Outbox& outbox = Outbox::local();
    ::BIO_clear_retry_flags(bio);
    if (outbox.size + size > Outbox::kRoom) stream.flush();
    if (size > Outbox::kRoom) {
      stream.send_out({from, size}, 0);
    } else {
      std::memcpy(outbox.bytes.get() + outbox.size, from, size);
      outbox.size += size;
    }
    *taken = size;
    return 1;
  }

  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const instance = [] {
      BIO_METHOD* const made = ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
      ::BIO_meth_set_read_ex(made, &SocketBio::read);
      ::BIO_meth_set_write_ex(made, &SocketBio::write);
      ::BIO_meth_set_ctrl(made, &SocketBio::control);
      return made;
    }();
    return instance;
  }
};

SecureStream::SecureStream(std::unique_ptr<net::SocketStream> socket, SSL* ssl)
    : socket_(std::move(socket)), ssl_(ssl) {
  BIO* const bio = ::BIO_new(SocketBio::method());
  ::BIO_set_data(bio, this);
  ::BIO_set_init(bio, 1);
  ::SSL_set_bio(ssl_, bio, bio);
  SSL_set_app_data(ssl_, this);
}

SecureStream& SecureStream::of(const SSL* ssl) { return *static_cast<SecureStream*>(SSL_get_app_data(ssl)); }

std::unique_ptr<SecureStream> SecureStream::accept(std::unique_ptr<net::SocketStream> socket, ServerContextPtr context,
                                                   CertificatePtr certificate, std::string early) {
  std::unique_ptr<SecureStream> stream(new SecureStream(std::move(socket), ::SSL_new(context->raw())));
  stream->context_ = std::move(context);
  stream->certificate_ = std::move(certificate);
  stream->early_ = std::move(early);
  ::SSL_set_accept_state(stream->ssl_);
  return stream;
}

std::unique_ptr<SecureStream> SecureStream::connect(std::unique_ptr<net::SocketStream> socket, ClientContextPtr context,
                                                    std::string_view server_name, std::string_view alpn,
                                                    std::shared_ptr<ClientSession> session) {
  std::unique_ptr<SecureStream> stream(new SecureStream(std::move(socket), ::SSL_new(context->raw())));
  stream->client_context_ = std::move(context);
  SSL* const ssl = stream->ssl_;
  const ClientSettings& settings = stream->client_context_->settings();
  if (!alpn.empty()) {
    ::SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(alpn.data()),
                          static_cast<unsigned int>(alpn.size()));
  }
  const std::string name(settings.server_name.empty() ? server_name : settings.server_name);
  const bool is_address = net::IpAddress::parse(name).has_value();
  if (!is_address && !name.empty()) SSL_set_tlsext_host_name(ssl, name.c_str());
  if (settings.verify && settings.peer_uri.empty()) {
    X509_VERIFY_PARAM* const wanted = ::SSL_get0_param(ssl);
    ::X509_VERIFY_PARAM_set_hostflags(wanted,
                                      X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (is_address) {
      ::X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str());
    } else {
      ::X509_VERIFY_PARAM_set1_host(wanted, name.c_str(), name.size());
    }
  }
  stream->session_ = std::move(session);
  if (stream->session_ != nullptr) stream->session_->offer(ssl);
  ::SSL_set_connect_state(ssl);
  return stream;
}

SecureStream::~SecureStream() {
  if (!broken_ && ::SSL_is_init_finished(ssl_) == 1) say_goodbye();
  ::SSL_free(ssl_);
}

/// Sends ciphertext, behind what waits already; what the socket does not take waits. `flags` as in send(2).
void SecureStream::send_out(std::string_view ciphertext, int flags) {
  if (!waiting_.empty()) {
    waiting_.append(ciphertext);
    ciphertext = waiting_;
  }
  std::size_t sent = 0;
  while (sent < ciphertext.size()) {
    const iovec piece{const_cast<char*>(ciphertext.data() + sent), ciphertext.size() - sent};
    const net::IoCount count = socket_->send(std::span(&piece, 1), flags);
    if (count.moved()) {
      sent += count.bytes();
      continue;
    }
    if (count.failed()) {
      broken_ = true;
      error_ = count.error();
      sent = ciphertext.size();
    }
    break;
  }
  if (!waiting_.empty()) {
    waiting_.erase(0, sent);
    if (waiting_.empty()) std::string().swap(waiting_);
  } else if (sent < ciphertext.size()) {
    waiting_.assign(ciphertext.substr(sent));
  }
}

/// Sends what OpenSSL wrote. True when nothing waits any more.
bool SecureStream::flush(int flags) {
  Outbox& outbox = Outbox::local();
  if (outbox.size != 0 || !waiting_.empty()) {
    const std::string_view ciphertext = outbox.view();
    outbox.size = 0;
    if (!broken_) send_out(ciphertext, flags);
  }
  return waiting_.empty() || broken_;
}

SecureStream::Step SecureStream::shake(loop::Nanoseconds& took) {
  const auto before = std::chrono::steady_clock::now();
  ::ERR_clear_error();
  const int result = ::SSL_do_handshake(ssl_);
  const int why = result == 1 ? SSL_ERROR_NONE : ::SSL_get_error(ssl_, result);
  // A server's last words in TLS 1.3 are the tickets: they wait a moment for the answer to the first request (at most
  // 200 ms, tcp(7) on TCP_CORK), which spares both sides a packet.
  const bool only_tickets = why == SSL_ERROR_NONE && context_ != nullptr && ::SSL_version(ssl_) == TLS1_3_VERSION;
  flush(only_tickets ? MSG_MORE : 0);
  took = std::chrono::steady_clock::now() - before;
  if (why == SSL_ERROR_NONE) return Step::kDone;
  return why == SSL_ERROR_WANT_READ ? Step::kRead : Step::kFailed;
}

loop::Task<base::Result<void>> SecureStream::handshake(loop::TimePoint deadline) {
  HandshakeBudget& budget = HandshakeBudget::local();
  const auto too_late = [] { return Error(ErrorKind::kTimeout, "TLS handshake timeout"); };
  for (;;) {
    co_await budget.wait();
    loop::Nanoseconds took{};
    const Step step = shake(took);
    budget.spend(took);
    if (step == Step::kFailed || broken_) {
      Error error = handshake_error();
      broken_ = true;
      if (session_ != nullptr) session_->forget();
      co_return error;
    }
    while (!waiting_.empty()) {
      const loop::Wake wake = co_await socket_->writable(deadline);
      if (wake == loop::Wake::kTimeout) co_return too_late();
      flush();
    }
    if (step == Step::kDone) break;
    const loop::Wake wake = co_await socket_->readable(deadline);
    if (wake == loop::Wake::kTimeout) {
      broken_ = true;
      co_return too_late();
    }
  }
  if (client_context_ != nullptr && !client_context_->accepts(peer_certificate())) {
    say_goodbye();
    broken_ = true;
    co_return Error(ErrorKind::kTls, "TLS certificate verification: the URI asked for is not in it");
  }
  // From here on the loop knows of the socket: what OpenSSL has read ahead can then make it readable.
  socket_->descriptor().watch_hangup({.callback = [](void*) {}});
  socket_->descriptor().watch_hangup({});
  co_return base::Result<void>();
}

Error SecureStream::handshake_error() const {
  if (error_ != 0) return Error::from_errno(error_, "TLS handshake");
  if (ended_) return {ErrorKind::kClosed, "TLS handshake: EOF"};
  const long verified = ::SSL_get_verify_result(ssl_);
  const unsigned long code = ::ERR_peek_error();
  if (verified != X509_V_OK && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    return {ErrorKind::kTls, std::string("TLS certificate verification: ") + ::X509_verify_cert_error_string(verified)};
  }
  const char* const reason = ::ERR_reason_error_string(code);
  // What the peer's alert says, as a refusal of its side.
  if (ERR_GET_REASON(code) > SSL_AD_REASON_OFFSET)
    return {ErrorKind::kRefused, std::string("TLS handshake: the peer refuses: ") + (reason == nullptr ? "?" : reason)};
  return {ErrorKind::kTls, std::string("TLS handshake: ") + (reason == nullptr ? "failed" : reason)};
}

net::IoCount SecureStream::try_read(std::span<char> into) {
  if (next_read_) return *std::exchange(next_read_, std::nullopt);
  if (broken_) return net::IoCount(error_ == 0 ? -EPIPE : -error_);
  net::IoCount end(-EAGAIN);
  std::size_t total = 0;
  std::size_t got = 0;
  do {
    ::ERR_clear_error();
    const int result = ::SSL_read_ex(ssl_, into.data() + total, into.size() - total, &got);
    if (result != 1) {
      end = read_result(result);
      break;
    }
    total += got;
    // Behind a record as large as can be, another is likely to have come.
  } while (got == kRecord && into.size() - total >= kRecord);
  // Answers that TLS itself gives, to an update of keys for one.
  if (Outbox::local().size != 0) flush();
  if (total == 0) return end;
  if (!end.would_block()) next_read_ = end;
  // What was read beyond must not wait for the socket.
  loop::Descriptor& descriptor = socket_->descriptor();
  if (!descriptor.may_read() && (next_read_ || ::SSL_has_pending(ssl_) == 1)) descriptor.notify(EPOLLIN);
  return net::IoCount(static_cast<std::ptrdiff_t>(total));
}

net::IoCount SecureStream::read_result(int result) {
  switch (::SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return net::IoCount(-EAGAIN);
    case SSL_ERROR_ZERO_RETURN:
      return net::IoCount(0);
    default:
      break;
  }
  broken_ = true;
  if (error_ != 0) return net::IoCount(-error_);
  // Many peers end a connection without close_notify; between two records that is an end like any other.
  if (ended_) return net::IoCount(::SSL_has_pending(ssl_) == 1 ? -ECONNRESET : 0);
  // An alert of the peer, which has ended the connection, or records that are none.
  error_ = ERR_GET_REASON(::ERR_peek_error()) > SSL_AD_REASON_OFFSET ? ECONNRESET : EPROTO;
  return net::IoCount(-error_);
}

net::IoCount SecureStream::try_write(std::span<const iovec> from) {
  if (!flush()) return net::IoCount(-EAGAIN);
  if (broken_) return net::IoCount(error_ == 0 ? -EPIPE : -error_);
  std::size_t piece = 0;
  std::size_t offset = 0;
  std::size_t taken = 0;
  if (std::exchange(held_, false)) offset = taken = 1;
  while (taken < kOneWrite) {
    while (piece < from.size() && offset == from[piece].iov_len) {
      ++piece;
      offset = 0;
    }
    if (piece == from.size()) break;
    const char* bytes = static_cast<const char*>(from[piece].iov_base) + offset;
    std::size_t size = std::min(from[piece].iov_len - offset, kRecord);
    if (size < kRecord && piece + 1 < from.size()) {
      char* const room = Outbox::local().pieces.get();
      size = 0;
      while (piece < from.size() && size < kRecord) {
        const std::size_t part = std::min(from[piece].iov_len - offset, kRecord - size);
        if (part != 0) std::memcpy(room + size, static_cast<const char*>(from[piece].iov_base) + offset, part);
        size += part;
        offset += part;
        if (offset < from[piece].iov_len) break;
        ++piece;
        offset = 0;
      }
      if (size == 0) break;
      bytes = room;
    } else {
      offset += size;
    }
    std::size_t written = 0;
    ::ERR_clear_error();
    if (::SSL_write_ex(ssl_, bytes, size, &written) != 1) {
      broken_ = true;
      flush();
      return net::IoCount(error_ == 0 ? -EPIPE : -error_);
    }
    taken += size;
  }
  const bool last = ends_ && piece == from.size();
  if (last) write_goodbye();
  if (flush(last ? MSG_MORE : 0)) return net::IoCount(broken_ ? -error_ : static_cast<std::ptrdiff_t>(taken));
  held_ = true;
  return net::IoCount(taken == 1 ? -EAGAIN : static_cast<std::ptrdiff_t>(taken - 1));
}

void SecureStream::write_goodbye() {
  if (std::exchange(closed_, true)) return;
  ::ERR_clear_error();
  ::SSL_shutdown(ssl_);
}

void SecureStream::say_goodbye() {
  write_goodbye();
  flush();
}

void SecureStream::shutdown_write() {
  if (!broken_) say_goodbye();
  socket_->shutdown_write();
}

void SecureStream::reset_on_close() {
  closed_ = true;  // whoever gets no close_notify knows that something is missing
  socket_->reset_on_close();
}

std::string_view SecureStream::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  ::SSL_get0_alpn_selected(ssl_, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string_view SecureStream::version() const { return ::SSL_get_version(ssl_); }

std::string_view SecureStream::cipher() const {
  const SSL_CIPHER* const cipher = ::SSL_get_current_cipher(ssl_);
  return cipher == nullptr ? std::string_view() : std::string_view(::SSL_CIPHER_standard_name(cipher));
}

bool SecureStream::resumed() const { return ::SSL_session_reused(ssl_) == 1; }

X509* SecureStream::peer_certificate() const { return ::SSL_get0_peer_certificate(ssl_); }

stack_st_X509* SecureStream::peer_chain() const { return ::SSL_get_peer_cert_chain(ssl_); }

}  // namespace tandem::tls
