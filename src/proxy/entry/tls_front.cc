#include "proxy/entry/tls_front.h"

#include <openssl/bio.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "engine/tls/client_hello.h"
#include "engine/tls/secure_stream.h"

namespace tandem::entry {

namespace {

using tls::FirstBytes;

/// The longest a handshake may take, whatever the time-outs of requests are.
constexpr auto kHandshakePatience = std::chrono::seconds(10);
/// A fatal alert before any version is agreed on (RFC 8446 §6).
constexpr std::string_view kProtocolVersionAlert("\x15\x03\x01\x00\x02\x02\x46", 7);
constexpr auto kLookForCertificate = std::chrono::milliseconds(5);
constexpr auto kLingerTime = std::chrono::seconds(1);
constexpr std::size_t kLingerBytes = std::size_t{64} * 1024;

loop::TimePoint after(loop::Nanoseconds time) {
  return time.count() > 0 ? loop::Loop::current().now() + time : loop::kNever;
}

std::string subject_of(X509* certificate) {
  std::string out;
  if (certificate == nullptr) return out;
  BIO* const text = ::BIO_new(::BIO_s_mem());
  ::X509_NAME_print_ex(text, ::X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* bytes = nullptr;
  const long size = ::BIO_get_mem_data(text, &bytes);
  out.assign(bytes, static_cast<std::size_t>(size));
  ::BIO_free(text);
  return out;
}

/// "TLSv1.3" → "1.3", "TLSv1" → "1.0".
std::string_view version_text(std::string_view version) {
  constexpr std::string_view kPrefix = "TLSv";
  if (version.starts_with(kPrefix)) version.remove_prefix(kPrefix.size());
  return version == "1" ? "1.0" : version;
}

/// Reads on for a moment after an alert: a socket that is closed with unread bytes takes the alert away again.
[[gnu::noinline]] loop::Task<void> linger(net::Stream& socket) {
  socket.shutdown_write();
  const loop::TimePoint deadline = after(kLingerTime);
  std::array<char, 1024> room;
  for (std::size_t total = 0; total < kLingerBytes;) {
    const net::IoCount count = socket.try_read(room);
    if (count.failed() || count.ended()) co_return;
    if (count.moved()) {
      total += count.bytes();
      continue;
    }
    const loop::Wake wake = co_await socket.readable(deadline);
    if (wake == loop::Wake::kTimeout) co_return;
  }
}

/// Reads until it is known what the client wants; nothing when the connection ended or took too long.
loop::Task<FirstBytes> read_first_bytes(net::SocketStream& socket, loop::Nanoseconds patience, std::string& early,
                                        tls::ClientHello& hello, std::string& room) {
  loop::TimePoint deadline = after(patience);
  std::array<char, 2048> piece;
  bool handshaking = false;
  for (;;) {
    room.resize(early.size());
    const FirstBytes found = tls::parse_first_bytes(early, room.data(), hello);
    if (found != FirstBytes::kMore) co_return found;
    if (!early.empty() && !std::exchange(handshaking, true)) deadline = std::min(deadline, after(kHandshakePatience));
    const net::IoCount count = socket.try_read(piece);
    if (count.moved()) {
      early.append(piece.data(), count.bytes());
    } else if (count.would_block()) {
      const loop::Wake wake = co_await socket.readable(deadline);
      if (wake == loop::Wake::kTimeout) co_return FirstBytes::kBad;
    } else {
      co_return FirstBytes::kBad;
    }
  }
}

handshake::TlsChoice choose(const handshake::TlsTable& table, const tls::ClientHello& hello,
                            const http::Connection& connection, int fd) {
  if (!hello.server_name.empty()) return table.choose(hello, {});
  // The address of the listening socket may stand for all of them.
  const net::Address bound = net::local_address(fd);
  const net::Address& local = bound.is_ip() ? bound : connection.local;
  return table.choose(hello, local.is_ip() ? local.ip().text() : std::string());
}

std::unique_ptr<TlsIdentity> identify(const tls::SecureStream& stream, std::string server_name,
                                      http::Connection& connection) {
  auto identity = std::make_unique<TlsIdentity>();
  identity->server_name = std::move(server_name);
  identity->client_subject = subject_of(stream.peer_certificate());
  identity->facts.version = version_text(stream.version());
  identity->facts.cipher = stream.cipher();
  identity->facts.client_subject = identity->client_subject;
  identity->facts.options = stream.server_context()->settings().name;
  connection.secure = true;
  connection.server_name = identity->server_name;
  connection.tls = &identity->facts;
  return identity;
}

}  // namespace

loop::Task<Opened> open_stream(std::unique_ptr<net::SocketStream> socket, const EntryPointOptions& options,
                               handshake::TlsTablePtr table, http::Connection& connection, std::string& early) {
  Opened opened;
  tls::ClientHello hello;
  std::string room;
  const FirstBytes found = co_await read_first_bytes(*socket, options.http.read_timeout, early, hello, room);
  if (found == FirstBytes::kOther) {
    opened.stream = std::move(socket);
    co_return opened;
  }
  if (found == FirstBytes::kTooOld) {
    const iovec alert{const_cast<char*>(kProtocolVersionAlert.data()), kProtocolVersionAlert.size()};
    (void)socket->try_write(std::span(&alert, 1));
    co_await linger(*socket);
    co_return opened;
  }
  if (found != FirstBytes::kComplete) co_return opened;
  std::string server_name = base::lower_case(hello.server_name);
  handshake::TlsChoice choice = choose(*table, hello, connection, socket->descriptor().fd());
  while (choice.too_early) {
    // The core goes on meanwhile: it may take some hundred milliseconds after the start.
    co_await loop::sleep_for(kLookForCertificate);
    choice = choose(*table, hello, connection, socket->descriptor().fd());
  }
  table.reset();
  if (choice.context == nullptr) co_return opened;
  std::unique_ptr<tls::SecureStream> stream = tls::SecureStream::accept(
      std::move(socket), std::move(choice.context), std::move(choice.certificate), std::exchange(early, {}));
  const base::Result<void> shaken = co_await stream->handshake(after(kHandshakePatience));
  if (!shaken) {
    base::log_debug("TLS handshake failed",
                    {{"entryPointName", options.name}, {"serverName", server_name}, {"error", shaken.error().text()}});
    if (shaken.error().kind() == base::ErrorKind::kTls) co_await linger(stream->socket());
    co_return opened;
  }
  opened.protocol = stream->protocol();
  opened.tls = identify(*stream, std::move(server_name), connection);
  opened.stream = std::move(stream);
  co_return opened;
}

}  // namespace tandem::entry
