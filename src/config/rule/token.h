#pragma once

// The words of the rule language: Go's tokens, as the Go specification lists them ("Tokens"), because a rule is an
// expression of that language. Values; any thread.

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::rule {

enum class TokenKind : std::uint8_t {
  kIllegal,
  kEof,
  kIdentifier,
  kInteger,
  kFloat,
  kImaginary,
  kRune,
  kString,
  kAdd,
  kSub,
  kMul,
  kQuo,
  kRem,
  kAnd,
  kOr,
  kXor,
  kShl,
  kShr,
  kAndNot,
  kAddAssign,
  kSubAssign,
  kMulAssign,
  kQuoAssign,
  kRemAssign,
  kAndAssign,
  kOrAssign,
  kXorAssign,
  kShlAssign,
  kShrAssign,
  kAndNotAssign,
  kLogicalAnd,
  kLogicalOr,
  kArrow,
  kIncrement,
  kDecrement,
  kEqual,
  kLess,
  kGreater,
  kAssign,
  kNot,
  kNotEqual,
  kLessEqual,
  kGreaterEqual,
  kDefine,
  kEllipsis,
  kLeftParen,
  kLeftBracket,
  kLeftBrace,
  kComma,
  kPeriod,
  kRightParen,
  kRightBracket,
  kRightBrace,
  kSemicolon,
  kColon,
  kTilde,
  kBreak,
  kCase,
  kChan,
  kConst,
  kContinue,
  kDefault,
  kDefer,
  kElse,
  kFallthrough,
  kFor,
  kFunc,
  kGo,
  kGoto,
  kIf,
  kImport,
  kInterface,
  kMap,
  kPackage,
  kRange,
  kReturn,
  kSelect,
  kStruct,
  kSwitch,
  kType,
  kVar,
};

struct Token {
  TokenKind kind = TokenKind::kEof;
  std::uint32_t offset = 0;  ///< bytes from the start of the text
  std::string
      literal;  ///< identifiers, literals and semicolons ("\n" when inserted); carriage returns of raw strings removed
};

/// How a kind is written in error texts: "&&", "func", "STRING".
[[nodiscard]] std::string_view spelling(TokenKind kind);

/// Identifiers and literals: error texts show what they are, not their kind.
[[nodiscard]] bool is_literal(TokenKind kind);

/// The kind of a word: a keyword's own or kIdentifier.
[[nodiscard]] TokenKind keyword_or_identifier(std::string_view word);

/// How tightly a binary operator binds: 1 (`||`) to 5 (`*`); 0 for everything else.
[[nodiscard]] int precedence(TokenKind kind);

}  // namespace tandem::rule
