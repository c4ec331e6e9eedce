#pragma once

// For tests: the certificates of testdata, and two ends of a connection on the current loop.

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "engine/loop/drive.h"
#include "engine/net/tcp.h"
#include "engine/tls/algorithms.h"
#include "engine/tls/secure_stream.h"

namespace tandem::tls {

inline std::string test_file(const std::string& name) {
  std::ifstream file(std::string(TANDEM_SOURCE_DIR) + "/src/engine/tls/testdata/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline CertificatePtr test_certificate(const std::string& name) {
  auto certificate = Certificate::parse(test_file(name + ".pem"), test_file(name + ".key"));
  if (!certificate) std::abort();
  return *certificate;
}

inline ServerSettings server_settings() {
  ServerSettings settings;
  settings.name = "default";
  settings.ciphers = cipher_list({});
  settings.curves = kDefaultCurves;
  settings.alpn = {"h2", "http/1.1"};
  return settings;
}

inline ClientSettings client_settings() {
  ClientSettings settings;
  settings.authorities = {test_file("ca.pem")};
  return settings;
}

using SocketPair = std::pair<std::unique_ptr<net::SocketStream>, std::unique_ptr<net::SocketStream>>;
inline SocketPair socket_pair() {
  std::array<int, 2> fds{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) != 0) std::abort();
  return {std::make_unique<net::SocketStream>(fds[0]), std::make_unique<net::SocketStream>(fds[1])};
}

/// Two ends that shook hands, or what went wrong on either side.
struct Shaken {
  std::unique_ptr<SecureStream> server;
  std::unique_ptr<SecureStream> client;
  std::string server_error;
  std::string client_error;
  bool ok() const { return server_error.empty() && client_error.empty(); }
};

inline loop::Task<void> shake_one(SecureStream& stream, std::string* error, int* left) {
  const base::Result<void> result = co_await stream.handshake(loop::Loop::current().now() + std::chrono::seconds(10));
  if (!result) *error = result.error().text();
  if (!result) stream.shutdown_write();
  --*left;
}

inline Shaken shake(const ServerSettings& server, const ClientSettings& client, const CertificatePtr& certificate,
                    std::string_view name = "a.test", std::string_view alpn = {},
                    std::shared_ptr<ClientSession> session = nullptr) {
  Shaken out;
  auto [server_end, client_end] = socket_pair();
  const auto context = ServerContext::build(server);
  const auto client_context = ClientContext::build(client);
  if (!context || !client_context) std::abort();
  out.server = SecureStream::accept(std::move(server_end), *context, certificate, {});
  out.client = SecureStream::connect(std::move(client_end), *client_context, name, alpn, std::move(session));
  loop::Scope scope;
  int left = 2;
  scope.spawn(shake_one(*out.client, &out.client_error, &left));
  scope.spawn(shake_one(*out.server, &out.server_error, &left));
  loop::turn_until([&left] { return left == 0; });
  return out;
}

/// Reads until there is something, the end or an error.
inline std::string read_some(net::Stream& from) {
  std::array<char, 65536> room;
  for (;;) {
    const net::IoCount count = from.try_read(room);
    if (count.moved()) return {room.data(), count.bytes()};
    if (count.ended()) return "(end)";
    if (count.failed()) return "(error)";
    loop::turn();
  }
}

inline net::IoCount write_text(net::Stream& to, std::string_view text) {
  const iovec piece{const_cast<char*>(text.data()), text.size()};
  return to.try_write(std::span(&piece, 1));
}

}  // namespace tandem::tls
