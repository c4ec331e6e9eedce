#pragma once

// The request target (RFC 9112 §3.2): origin, absolute, authority and asterisk form. Pure; any core.

#include <string_view>

#include "protocol/http/message.h"

namespace tandem::http1 {

/// Splits `target` into path, query and, for the absolute form, host of `request`, whose method and host are set.
/// False when it is malformed. The authority form (CONNECT) leaves the path empty.
bool parse_target(std::string_view target, http::Request& request);

}  // namespace tandem::http1
