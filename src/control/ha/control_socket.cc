#include "control/ha/control_socket.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <filesystem>

#include "engine/net/tcp.h"

namespace tandem::ha {
namespace {

using base::Error;
using base::ErrorKind;
using base::Fd;
using base::Result;

constexpr std::size_t kLongestRequest = 4096;
constexpr std::size_t kLongestAnswer = std::size_t{4} << 20;
constexpr auto kPatience = std::chrono::seconds(5);

/// A connected blocking socket.
Result<Fd> connect_to(const std::string& path, int milliseconds) {
  const Result<net::Address> address = net::Address::unix_path(path);
  if (!address) return address.error();
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return Error::from_errno(errno, "socket");
  const timeval patience{.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(socket.get(), address->raw(), address->raw_length()) != 0) {
    return Error::from_errno(errno, "no supervisor answers at " + path);
  }
  return socket;
}

/// One object out of a line; an empty one when it is none.
boost::json::object parse_object(std::string_view line) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse({line.data(), line.size()}, error);
  return error || !value.is_object() ? boost::json::object() : std::move(value.get_object());
}

loop::Task<bool> read_line(net::Stream& stream, std::string& line) {
  std::array<char, 1024> room;
  const loop::TimePoint deadline = loop::Loop::current().now() + kPatience;
  while (!line.contains('\n') && line.size() < kLongestRequest) {
    const net::IoCount got = stream.try_read(room);
    if (got.moved()) {
      line.append(room.data(), got.bytes());
    } else if (got.would_block()) {
      const loop::Wake wake = co_await stream.readable(deadline);
      if (wake == loop::Wake::kTimeout) co_return false;
    } else {
      co_return false;
    }
  }
  co_return line.contains('\n');
}

loop::Task<void> write_all(net::Stream& stream, std::string_view text) {
  const loop::TimePoint deadline = loop::Loop::current().now() + kPatience;
  while (!text.empty()) {
    const iovec part{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
    const net::IoCount sent = stream.try_write({&part, 1});
    if (sent.moved()) {
      text.remove_prefix(sent.bytes());
    } else if (sent.would_block()) {
      const loop::Wake wake = co_await stream.writable(deadline);
      if (wake == loop::Wake::kTimeout) co_return;
    } else {
      co_return;
    }
  }
}

}  // namespace

Result<std::unique_ptr<ControlSocket>> ControlSocket::listen(std::string path, Answer answer) {
  if (connect_to(path, 1000)) {
    return Error(ErrorKind::kRefused, "another supervisor already runs: it listens at " + path);
  }
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  std::filesystem::remove(path, ignored);  // left by one that ended without tidying up
  const Result<net::Address> address = net::Address::unix_path(path);
  if (!address) return address.error();
  const mode_t before = ::umask(0177);
  Result<int> socket = net::listen_tcp(*address, {});
  ::umask(before);
  if (!socket) return std::move(socket.error()).wrapped("the socket for commands, " + path);
  std::unique_ptr<ControlSocket> made(new ControlSocket(std::move(path), Fd(*socket), std::move(answer)));
  made->tasks_.spawn(made->accept());
  return made;
}

ControlSocket::~ControlSocket() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

loop::Task<void> ControlSocket::accept() {
  net::Acceptor acceptor(socket_.get());
  for (;;) {
    (void)co_await acceptor.readable();
    for (net::Accepted accepted = acceptor.try_accept(); accepted.fd >= 0; accepted = acceptor.try_accept()) {
      tasks_.spawn(serve(accepted.fd));
    }
  }
}

loop::Task<void> ControlSocket::serve(int fd) {
  net::SocketStream stream(fd);
  std::string line;
  const bool complete = co_await read_line(stream, line);
  if (!complete) co_return;
  const boost::json::object answer = co_await answer_(parse_object(line));
  const std::string text = boost::json::serialize(answer) + "\n";
  co_await write_all(stream, text);
}

std::string control_socket_path(const std::string& state_directory) { return state_directory + "/ha.sock"; }

Result<boost::json::object> ask_supervisor(const std::string& path, const boost::json::object& request,
                                           int milliseconds) {
  Result<Fd> socket = connect_to(path, milliseconds);
  if (!socket) return std::move(socket.error());
  const std::string line = boost::json::serialize(request) + "\n";
  if (::send(socket->get(), line.data(), line.size(), MSG_NOSIGNAL) < 0) return Error::from_errno(errno, "send");
  std::string answer;
  std::array<char, 16384> room{};
  while (!answer.ends_with('\n') && answer.size() < kLongestAnswer) {
    const ssize_t got = ::recv(socket->get(), room.data(), room.size(), 0);
    if (got < 0) return Error::from_errno(errno, "the supervisor at " + path + " does not answer");
    if (got == 0) break;
    answer.append(room.data(), static_cast<std::size_t>(got));
  }
  boost::json::object object = parse_object(answer);
  if (object.empty()) return Error(ErrorKind::kProtocol, "the supervisor at " + path + " sent no answer");
  return object;
}

}  // namespace tandem::ha
