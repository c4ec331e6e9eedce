#include "engine/net/tcp.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>

namespace tandem::net {

namespace {

void set_option(int fd, int level, int name, int value) { ::setsockopt(fd, level, name, &value, sizeof value); }

}  // namespace

IoCount SocketStream::try_read(std::span<char> into) {
  if (!descriptor_.may_read()) return IoCount(-EAGAIN);
  for (;;) {
    const ssize_t got = ::recv(descriptor_.fd(), into.data(), into.size(), 0);
    if (got >= 0) {
      // Edge-triggered: less than asked means that the socket's buffer is empty, and more makes a new event.
      if (got > 0 && static_cast<std::size_t>(got) < into.size()) descriptor_.drained();
      return IoCount(got);
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) descriptor_.drained();
    return IoCount(-errno);
  }
}

IoCount SocketStream::send(std::span<const iovec> from, int flags) {
  if (!descriptor_.may_write()) return IoCount(-EAGAIN);
  for (;;) {
    ssize_t sent;
    if (from.size() == 1) {
      sent = ::send(descriptor_.fd(), from[0].iov_base, from[0].iov_len, MSG_NOSIGNAL | flags);
    } else {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(from.data());
      message.msg_iovlen = from.size();
      sent = ::sendmsg(descriptor_.fd(), &message, MSG_NOSIGNAL | flags);
    }
    if (sent >= 0) return IoCount(sent);
    if (errno == EINTR) continue;
    if (errno == EAGAIN) descriptor_.full();
    return IoCount(-errno);
  }
}

void SocketStream::shutdown_write() { ::shutdown(descriptor_.fd(), SHUT_WR); }

void SocketStream::reset_on_close() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor_.fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

loop::Task<base::Result<std::unique_ptr<Stream>>> connect(Address to, loop::TimePoint deadline) {
  const int fd = ::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) co_return base::Error::from_errno(errno, "cannot open a socket");
  auto stream = std::make_unique<SocketStream>(fd);
  if (to.is_ip()) set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  int status = ::connect(fd, to.raw(), to.raw_length()) == 0 ? 0 : errno;
  if (status == EINPROGRESS || status == EINTR) {
    stream->descriptor().full();
    const loop::Wake wake = co_await stream->writable(deadline);
    if (wake == loop::Wake::kTimeout) {
      co_return base::Error(base::ErrorKind::kTimeout, base::Side::kUpstream,
                            "connecting to " + to.text() + ": no answer in time");
    }
    socklen_t size = sizeof status;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &status, &size);
  }
  if (status != 0) co_return base::Error::from_errno(status, "connecting to " + to.text(), base::Side::kUpstream);
  co_return std::unique_ptr<Stream>(std::move(stream));
}

base::Result<int> listen_tcp(const Address& at, const ListenOptions& options) {
  const int fd = ::socket(at.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return base::Error::from_errno(errno, "cannot open a socket");
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.reuse_port) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (options.free_bind && at.family() == AF_INET) set_option(fd, IPPROTO_IP, IP_FREEBIND, 1);
  if (options.free_bind && at.family() == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1);
  // Accepted sockets inherit these, which saves system calls for each of them.
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 180);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 180);
  if (::bind(fd, at.raw(), at.raw_length()) != 0 || ::listen(fd, options.backlog) != 0) {
    const int code = errno;
    ::close(fd);
    return base::Error::from_errno(code, "cannot listen on " + at.text());
  }
  return fd;
}

Address local_address(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
  return Address::from_sockaddr(reinterpret_cast<sockaddr*>(&storage), length);
}

Acceptor::Acceptor(int listening_fd) : descriptor_(::fcntl(listening_fd, F_DUPFD_CLOEXEC, 0)) {}

Acceptor::~Acceptor() {
  // Others hold the same socket, so closing alone would leave it in epoll.
  if (const int fd = descriptor_.release(); fd >= 0) ::close(fd);
}

Accepted Acceptor::try_accept() {
  sockaddr_storage storage;
  for (;;) {
    socklen_t length = sizeof storage;
    const int fd =
        ::accept4(descriptor_.fd(), reinterpret_cast<sockaddr*>(&storage), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) return {fd, Address::from_sockaddr(reinterpret_cast<sockaddr*>(&storage), length)};
    if (errno == EINTR || errno == ECONNABORTED) continue;
    // EINVAL: somebody else who holds the socket ended its listening.
    if (errno == EAGAIN || errno == EINVAL) {
      descriptor_.drained();
      return {-1, {}};
    }
    return {-2, {}};
  }
}

}  // namespace tandem::net
