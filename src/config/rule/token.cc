#include "config/rule/token.h"

#include <array>
#include <cstddef>

namespace tandem::rule {
namespace {

// In the order of TokenKind.
constexpr std::array<std::string_view, 81> kSpellings = {
    "ILLEGAL", "EOF",    "IDENT", "INT",  "FLOAT",  "IMAG",      "CHAR",    "STRING",  "+",     "-",           "*",
    "/",       "%",      "&",     "|",    "^",      "<<",        ">>",      "&^",      "+=",    "-=",          "*=",
    "/=",      "%=",     "&=",    "|=",   "^=",     "<<=",       ">>=",     "&^=",     "&&",    "||",          "<-",
    "++",      "--",     "==",    "<",    ">",      "=",         "!",       "!=",      "<=",    ">=",          ":=",
    "...",     "(",      "[",     "{",    ",",      ".",         ")",       "]",       "}",     ";",           ":",
    "~",       "break",  "case",  "chan", "const",  "continue",  "default", "defer",   "else",  "fallthrough", "for",
    "func",    "go",     "goto",  "if",   "import", "interface", "map",     "package", "range", "return",      "select",
    "struct",  "switch", "type",  "var"};
static_assert(kSpellings.size() == static_cast<std::size_t>(TokenKind::kVar) + 1);

}  // namespace

std::string_view spelling(TokenKind kind) { return kSpellings[static_cast<std::size_t>(kind)]; }

bool is_literal(TokenKind kind) { return kind >= TokenKind::kIdentifier && kind <= TokenKind::kString; }

TokenKind keyword_or_identifier(std::string_view word) {
  for (auto at = static_cast<std::size_t>(TokenKind::kBreak); at < kSpellings.size(); ++at) {
    if (kSpellings[at] == word) return static_cast<TokenKind>(at);
  }
  return TokenKind::kIdentifier;
}

int precedence(TokenKind kind) {
  switch (kind) {
    case TokenKind::kLogicalOr:
      return 1;
    case TokenKind::kLogicalAnd:
      return 2;
    case TokenKind::kEqual:
    case TokenKind::kNotEqual:
    case TokenKind::kLess:
    case TokenKind::kLessEqual:
    case TokenKind::kGreater:
    case TokenKind::kGreaterEqual:
      return 3;
    case TokenKind::kAdd:
    case TokenKind::kSub:
    case TokenKind::kOr:
    case TokenKind::kXor:
      return 4;
    case TokenKind::kMul:
    case TokenKind::kQuo:
    case TokenKind::kRem:
    case TokenKind::kShl:
    case TokenKind::kShr:
    case TokenKind::kAnd:
    case TokenKind::kAndNot:
      return 5;
    default:
      return 0;
  }
}

}  // namespace tandem::rule
