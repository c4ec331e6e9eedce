#pragma once

// The path that rules see: percent-encodings are decoded, except those of reserved characters. One core; the result
// lives in the exchange's arena.

#include <optional>
#include <string_view>

#include "protocol/http/arena.h"

namespace tandem::match {

/// The routing path of an escaped path; `path` itself where nothing is to be decoded. %3A %2F %3F %23 %5B %5D %40 %21
/// %24 %26 %27 %28 %29 %2A %2B %2C %3B %3D %25 stay as they are; in lower-case hex they do too, so only the normalised
/// spelling is matched by rules. Nothing when an escape is malformed (the client gets 400).
std::optional<std::string_view> routing_path(std::string_view path, http::Arena& arena);

}  // namespace tandem::match
