#pragma once

// Gives an expression its meaning as a rule: matcher calls joined by operators. Pure function: any thread.

#include <optional>

#include "base/result.h"
#include "config/rule/expression.h"
#include "config/rule/matchers.h"
#include "config/rule/syntax.h"

namespace tandem::rule {

/// The tree that `expression` describes; nothing when it is a bare value (`x` or 1). Arguments are not checked yet, but
/// they are all strings. The error's text is the bare reason.
Result<std::optional<Node>> evaluate(const ExpressionTree& expression, Protocol protocol, Syntax syntax);

}  // namespace tandem::rule
