#pragma once

// pump: moves bytes from one stream to another until the first ends. It holds a buffer only while bytes are moving, so
// an idle tunnel costs none. Runs on the core of both streams, which outlive it.

#include <span>
#include <string_view>

#include "engine/loop/task.h"
#include "engine/net/stream.h"

namespace tandem::net {

/// Writes all of `bytes`; false when the stream broke or `deadline` passed.
loop::Task<bool> write_all(Stream& to, std::string_view bytes, loop::TimePoint deadline);

/// The same for several pieces, which are used up.
loop::Task<bool> write_all(Stream& to, std::span<iovec> pieces, loop::TimePoint deadline);

/// Moves bytes until `from` ends, then tells `to` that no more will come. False when either stream broke.
loop::Task<bool> pump(Stream& from, Stream& to);

/// Both directions until both have ended, or one stream broke.
loop::Task<void> tunnel(Stream& one, Stream& other);

}  // namespace tandem::net
