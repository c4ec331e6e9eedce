#pragma once

// What the readers of text formats have in common: limits, the check of the bytes, positions. Any thread; plain values.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/format/value.h"

namespace tandem::format {

/// Deepest nesting of any configuration; everything that walks a Value recursively relies on it.
inline constexpr std::size_t kMaxDepth = 100;
/// Longest text that is read.
inline constexpr std::size_t kMaxText = std::size_t{32} << 20;

using SourceName = std::shared_ptr<const std::string>;

/// The error "source:line:column: reason" of kind kInvalid.
base::Error error_at(const Position& position, std::string_view reason);
/// Line and column (in bytes, from 1) of an offset.
Position position_of(const SourceName& source, std::string_view text, std::size_t offset);
/// Refuses what no format allows: invalid UTF-8, control characters, more than kMaxText. Drops a byte order mark.
base::Result<std::string_view> checked_text(std::string_view text, const SourceName& source);

}  // namespace tandem::format
