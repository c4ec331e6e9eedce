#pragma once

// What becomes of keepalived's keywords that have no option here. Any thread; constants.

#include <string_view>

#include "control/keepalived/import_keepalived.h"

namespace tandem::keepalived {

struct KeywordFate {
  std::string_view keyword;  ///< a * at the end stands for any ending
  RemarkKind kind;
  std::string_view reason;
};

enum class KeywordBlock : std::uint8_t { kTop, kGlobal, kInstance, kGroup, kScript, kFile };

/// Null for a keyword that nobody knows there.
const KeywordFate* fate_of(KeywordBlock block, std::string_view keyword);

}  // namespace tandem::keepalived
