#pragma once

// The one path that rules, middlewares, logs and servers see: percent-encoding in its normal form (RFC 3986 §6.2.2),
// dot segments and repeated slashes resolved. Pure; results live in the arena.

#include <string_view>

#include "protocol/http/arena.h"

namespace tandem::entry {

/// Decodes escaped unreserved characters, writes other escapes in upper case, and escapes what may not stand in a path.
/// REQUIRES: escapes are well formed.
std::string_view normalize_path(std::string_view path, http::Arena& arena);

/// Resolves "." and ".." segments and joins slashes; a slash at the end stays (Traefik: sanitizePath).
std::string_view sanitize_path(std::string_view path, http::Arena& arena);

}  // namespace tandem::entry
