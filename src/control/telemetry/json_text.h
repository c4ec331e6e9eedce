#pragma once

// JSON strings as Go's encoding/json writes them. Any thread; no state.

#include <cstddef>
#include <string_view>

#include "control/telemetry/line_buffer.h"

namespace tandem::telemetry {

/// What each byte of a text may become at most.
inline constexpr std::size_t kMostJsonBytes = 6;

/// Appends `text`, escaped, without quotes. REQUIRES: room for kMostJsonBytes times its size.
void put_json_text(LineBuffer& out, std::string_view text);

}  // namespace tandem::telemetry
