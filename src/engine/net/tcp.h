#pragma once

// TCP and Unix stream sockets: connecting, listening, and the Stream over them. Each object belongs to the core that
// made it.

#include <sys/socket.h>

#include <memory>
#include <vector>

#include "base/result.h"
#include "engine/loop/task.h"
#include "engine/net/stream.h"

namespace tandem::net {

class SocketStream final : public Stream {
 public:
  /// Takes over a connected, non-blocking socket.
  explicit SocketStream(int fd) : descriptor_(fd) {}

  IoCount try_read(std::span<char> into) override;
  IoCount try_write(std::span<const iovec> from) override { return send(from, ends_ ? MSG_MORE : 0); }
  /// As try_write(), with flags of send(2).
  IoCount send(std::span<const iovec> from, int flags);
  loop::Descriptor::Wait readable(loop::TimePoint deadline) override { return descriptor_.readable(deadline); }
  loop::Descriptor::Wait writable(loop::TimePoint deadline) override { return descriptor_.writable(deadline); }
  void end_with_next_write() override { ends_ = true; }
  void shutdown_write() override;
  void reset_on_close() override;
  loop::Descriptor& descriptor() override { return descriptor_; }

 private:
  loop::Descriptor descriptor_;
  bool ends_ = false;
};

/// Connects to `to`. Errors: kTimeout after `deadline`, kRefused, kUnreachable, kLimit; side kUpstream.
loop::Task<base::Result<std::unique_ptr<Stream>>> connect(Address to, loop::TimePoint deadline);

struct ListenOptions {
  bool reuse_port = false;
  int backlog = 4096;
  /// Bind to an address that no interface has yet (IP_FREEBIND), as a virtual address does on the standby node.
  bool free_bind = true;
};

/// Opens a listening socket; the descriptor is non-blocking and close-on-exec. Port 0 takes a free one.
base::Result<int> listen_tcp(const Address& at, const ListenOptions& options);
/// The address a socket is bound to.
Address local_address(int fd);

/// One accepted connection.
struct Accepted {
  int fd;
  Address peer;
};

/// Accepts from a shared or own listening socket. Belongs to one core; does not own the listening socket's life: it
/// duplicates it.
class Acceptor {
 public:
  explicit Acceptor(int listening_fd);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;
  /// Takes one connection without waiting; fd is -1 when there is none, -2 when descriptors or memory ran out.
  Accepted try_accept();
  loop::Descriptor::Wait readable() { return descriptor_.readable(loop::kNever); }

 private:
  loop::Descriptor descriptor_;
};

}  // namespace tandem::net
