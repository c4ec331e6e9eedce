#pragma once

// StreamPair: two connected streams on the current loop. For tests.

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "engine/net/tcp.h"

namespace tandem::net {

/// One end is a Stream, the other a plain descriptor that tests read and write directly.
struct StreamPair {
  StreamPair() {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) != 0) std::abort();
    stream = std::make_unique<SocketStream>(fds[0]);
    peer = fds[1];
  }
  StreamPair(const StreamPair&) = delete;
  StreamPair& operator=(const StreamPair&) = delete;
  ~StreamPair() { close_peer(); }

  /// Writes as much as fits.
  std::size_t send(std::string_view bytes) const {
    const ssize_t sent = ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  /// Everything that has arrived; notes the end of stream.
  std::string receive() {
    std::string out;
    std::array<char, 65536> room;
    for (;;) {
      const ssize_t got = ::recv(peer, room.data(), room.size(), 0);
      if (got == 0) ended = true;
      if (got <= 0) return out;
      out.append(room.data(), static_cast<std::size_t>(got));
    }
  }
  void finish_sending() const { ::shutdown(peer, SHUT_WR); }
  void close_peer() {
    if (peer >= 0) ::close(std::exchange(peer, -1));
  }

  std::unique_ptr<Stream> stream;
  int peer = -1;
  bool ended = false;
};

}  // namespace tandem::net
