#pragma once

// One request to a running instance over a blocking socket, for commands that end when they have their answer. Main
// thread, in commands only: nothing that serves may block.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tandem::inspect {

/// Where to read an answer to.
enum class Until : std::uint8_t { kFirstLine, kEnd };

/// Sends `request` to the first address of `host` (empty: localhost) that takes it, and returns what it answers. Waits
/// 5 seconds for each step. Errors: kDns, or those of the system.
base::Result<std::string> ask(const std::string& host, std::uint16_t port, const std::string& request, Until until);

/// GET of `path` (with its slash) below `url` ("http://[user:password@]host[:port][/base]"); the body of a 200. The
/// errors are sentences that name the URL.
base::Result<std::string> fetch(const std::string& url, std::string_view path);

}  // namespace tandem::inspect
