#pragma once

// Cuts a rule into tokens by the lexical rules of Go (specification: "Lexical elements"), with its automatic
// semicolons: a line that ends in a complete operand ends the expression. One user, one thread; lives as long as the
// parse.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/rule/diagnostics.h"
#include "config/rule/token.h"

namespace tandem::rule {

class Scanner {
 public:
  /// `text` and `errors` must outlive this object.
  Scanner(std::string_view text, Diagnostics& errors);

  /// The next token; kEof for ever at the end. Comments are skipped.
  Token next();

 private:
  static constexpr std::int32_t kEnd = -1;

  struct Number {
    int base = 10;
    char prefix = 0;            // 'x', 'o', 'b', '0' (octal by a leading zero) or none
    bool digits = false;        // at least one
    bool separators = false;    // at least one underscore
    std::int64_t invalid = -1;  // offset of the first digit that the base does not have
  };

  void advance();
  char peek() const { return read_ < text_.size() ? text_[read_] : '\0'; }
  bool accept(std::int32_t c);
  void fail(std::uint32_t offset, std::string message) { errors_.add(offset, std::move(message)); }

  void skip_spaces();
  std::uint32_t skip_comment();
  Token word();
  Token number();
  void number_digits(Number& number);
  void number_fraction(Number& number, TokenKind& kind);
  void number_exponent(Number& number, TokenKind& kind);
  std::string interpreted_string();
  std::string raw_string();
  std::string rune();
  bool escape(char quote);
  bool escape_digits(std::uint32_t start, int count, std::uint32_t base, std::uint32_t most);
  TokenKind punctuation(std::int32_t c);
  TokenKind arithmetic(std::int32_t c);
  TokenKind assigned(TokenKind plain, TokenKind with_assign) { return accept('=') ? with_assign : plain; }
  Token illegal(std::int32_t c, std::uint32_t offset);

  std::string_view text_;
  Diagnostics& errors_;
  std::int32_t current_ = kEnd;              // character under the cursor
  std::uint32_t offset_ = 0;                 // where it starts
  std::uint32_t read_ = 0;                   // where the next one starts
  bool line_may_end_ = false;                // a line break here is a semicolon
  std::optional<std::uint32_t> line_ended_;  // a comment held that line break
};

}  // namespace tandem::rule
