#pragma once

// Stream: bytes both ways (TCP, Unix socket, TLS). Operations never block: they say "would block", and the caller waits
// with readable() or writable() under a deadline of its own. One core; owned by a session, a pool or a tunnel.

#include <sys/uio.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>

#include "engine/loop/descriptor.h"
#include "engine/loop/task.h"
#include "engine/net/address.h"

namespace tandem::net {

/// Bytes moved, end of stream, or a negative errno value; -EAGAIN means "would block".
class IoCount {
 public:
  explicit IoCount(std::ptrdiff_t raw) : raw_(raw) {}
  bool would_block() const { return raw_ == -EAGAIN; }
  bool failed() const { return raw_ < 0 && raw_ != -EAGAIN; }
  /// For reads: the other side will send no more.
  bool ended() const { return raw_ == 0; }
  bool moved() const { return raw_ > 0; }
  std::size_t bytes() const { return static_cast<std::size_t>(raw_); }
  int error() const { return static_cast<int>(-raw_); }

 private:
  std::ptrdiff_t raw_;
};

class Stream : public loop::Pooled {
 public:
  virtual ~Stream() = default;
  virtual IoCount try_read(std::span<char> into) = 0;
  /// May write less than asked.
  virtual IoCount try_write(std::span<const iovec> from) = 0;
  virtual loop::Descriptor::Wait readable(loop::TimePoint deadline) = 0;
  virtual loop::Descriptor::Wait writable(loop::TimePoint deadline) = 0;
  /// Nothing follows what the next try_write() is given: what marks the end (FIN, TLS: close_notify) may go along with
  /// it. shutdown_write() or the end of this object has to follow at once, as the last bytes may wait for it.
  virtual void end_with_next_write() = 0;
  /// No more will be written; the other side sees end of stream.
  virtual void shutdown_write() = 0;
  /// The next close sends a reset instead of a FIN: the other side must not take what it got for complete.
  virtual void reset_on_close() = 0;
  virtual loop::Descriptor& descriptor() = 0;
};

}  // namespace tandem::net
