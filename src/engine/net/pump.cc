#include "engine/net/pump.h"

#include "engine/loop/scope.h"
#include "engine/net/buffer.h"

namespace tandem::net {

loop::Task<bool> write_all(Stream& to, std::string_view bytes, loop::TimePoint deadline) {
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  co_return co_await write_all(to, std::span(&piece, 1), deadline);
}

loop::Task<bool> write_all(Stream& to, std::span<iovec> pieces, loop::TimePoint deadline) {
  if (deadline <= loop::Loop::current().now()) co_return false;
  while (!pieces.empty()) {
    const IoCount count = to.try_write(pieces);
    if (count.failed()) co_return false;
    std::size_t moved = count.moved() ? count.bytes() : 0;
    while (!pieces.empty() && moved >= pieces.front().iov_len) {
      moved -= pieces.front().iov_len;
      pieces = pieces.subspan(1);
    }
    if (pieces.empty()) break;
    pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + moved;
    pieces.front().iov_len -= moved;
    if (!count.would_block()) continue;
    const loop::Wake wake = co_await to.writable(deadline);
    if (wake == loop::Wake::kTimeout) co_return false;
  }
  co_return true;
}

loop::Task<bool> pump(Stream& from, Stream& to) {
  for (;;) {
    (void)co_await from.readable(loop::kNever);
    Buffer buffer;
    for (;;) {
      const IoCount count = from.try_read(buffer.prepare());
      if (count.would_block()) break;
      if (count.failed()) co_return false;
      if (count.ended()) {
        to.shutdown_write();
        co_return true;
      }
      buffer.filled(count.bytes());
      const bool written = co_await write_all(to, buffer.view(), loop::kNever);
      if (!written) co_return false;
      buffer.consume(buffer.size());
    }
  }
}

namespace {

struct Both {
  bool broken = false;
  loop::Descriptor* one;
  loop::Descriptor* other;
};

loop::Task<void> pump_into(Stream& from, Stream& to, Both& both) {
  const bool whole = co_await pump(from, to);
  if (whole) co_return;
  both.broken = true;
  // The other direction may wait for ever on a stream that is still healthy: ending both wakes it.
  ::shutdown(both.one->fd(), SHUT_RDWR);
  ::shutdown(both.other->fd(), SHUT_RDWR);
}

}  // namespace

loop::Task<void> tunnel(Stream& one, Stream& other) {
  Both both;
  both.one = &one.descriptor();
  both.other = &other.descriptor();
  loop::Scope scope;
  scope.spawn(pump_into(one, other, both));
  scope.spawn(pump_into(other, one, both));
  co_await scope.join();
}

}  // namespace tandem::net
