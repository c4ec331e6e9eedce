#pragma once

// Small questions about text that several middlewares ask. Any thread; no state.

#include <string>
#include <string_view>

namespace tandem::middleware {

/// Without white space at both ends (Go's strings.TrimSpace for ASCII).
inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace tandem::middleware
