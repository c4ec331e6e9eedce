#pragma once

// The version of the program. Any thread.

#include <string_view>

namespace tandem::base {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace tandem::base
