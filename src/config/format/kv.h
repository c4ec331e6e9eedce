#pragma once

// Keys of a KV store ("traefik/http/routers/web/rule") to Value. Digits as a segment are list indices where the model
// wants a list and names where it wants a map; the decoder decides. Any thread; no state.

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "config/format/value.h"

namespace tandem::format {

using KeyValues = std::span<const std::pair<std::string, std::string>>;

/// Keeps keys below `root` whose next segment is one of `sections` (http, tcp, udp, tls; case ignored); returns the
/// tree below the root, an empty object when nothing is left. A trailing "/" and doubled "/" are ignored.
base::Result<Value> parse_key_values(KeyValues pairs, std::string_view root, std::span<const std::string_view> sections,
                                     std::string source_name);

}  // namespace tandem::format
