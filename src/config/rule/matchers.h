#pragma once

// Which matchers exist in which syntax and how many arguments they take (Traefik reference: routers, "Rule"). Constant
// tables: any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/rule/syntax.h"

namespace tandem::rule {

enum class Protocol : std::uint8_t { kHttp, kTcp };

/// The canonical name of a matcher written as `written`: exact, all lower case, all upper case, or only the first
/// letter upper case. None for other spellings and unknown names.
[[nodiscard]] std::optional<std::string_view> matcher_named(std::string_view written, Protocol protocol, Syntax syntax);

/// Whether there are arguments and none is empty.
Result<void> check_arguments(const Matcher& matcher);

/// Whether the number of arguments fits the matcher.
Result<void> check_arity(const Matcher& matcher, Protocol protocol, Syntax syntax);

}  // namespace tandem::rule
