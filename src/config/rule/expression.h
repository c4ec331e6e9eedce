#pragma once

// A rule as an expression of Go's grammar, before it is known what the words mean. Values; any thread. Expressions live
// in one array and refer to each other by index, so that long chains need no recursion to be destroyed.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/rule/token.h"

namespace tandem::rule {

using base::Result;

struct Expression {
  enum class Kind : std::uint8_t {
    kBad,
    kIdentifier,
    kLiteral,
    kParenthesized,
    kSelector,
    kIndex,
    kIndexList,
    kSlice,
    kTypeAssertion,
    kCall,
    kStar,
    kUnary,
    kBinary,
    kKeyValue,
    kComposite,
    kArrayType,
    kMapType,
    kChanType,
    kEllipsis,
  };
  using Index = std::int32_t;
  static constexpr Index kNone = -1;

  Kind kind = Kind::kBad;
  TokenKind token = TokenKind::kIllegal;  ///< operator, or kind of literal
  std::uint32_t offset = 0;
  std::string text;              ///< identifier, literal as written, selected name
  Index left = kNone;            ///< operand, left operand, what is called
  Index right = kNone;           ///< right operand
  std::vector<Index> arguments;  ///< calls only
};

/// The kind's name in error texts: "*ast.CallExpr".
[[nodiscard]] std::string_view name_of(Expression::Kind kind);

struct ExpressionTree {
  std::vector<Expression> nodes;
  Expression::Index root = Expression::kNone;

  const Expression& at(Expression::Index index) const { return nodes[static_cast<std::size_t>(index)]; }
};

/// Parses `text` whole. The error's text is `line:column: message`, for several errors that of the first and their
/// number.
Result<ExpressionTree> parse_expression(std::string_view text);

}  // namespace tandem::rule
