#pragma once

// Names to addresses: c-ares over the calling core's loop, with a cache that honours the answers' time to live. IP
// literals, /etc/hosts and "localhost" cost nothing. Each core has its own cache.

#include <string>
#include <vector>

#include "base/result.h"
#include "engine/loop/loop.h"
#include "engine/loop/task.h"
#include "engine/net/address.h"

namespace tandem::net {

/// The addresses of `host` in the order to try them. Errors: kDns (no such name, server failure), kTimeout at
/// `deadline`.
loop::Task<base::Result<std::vector<IpAddress>>> resolve(std::string host, loop::TimePoint deadline);

}  // namespace tandem::net
