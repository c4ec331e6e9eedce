#pragma once

// The tokens of templates: text outside {{ }} and words inside. Any thread; views into the text, which must outlive it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::templates {

struct Token {
  enum class Kind : std::uint8_t {
    kError,
    kEnd,  // of the text
    kText,
    kLeftDelimiter,
    kRightDelimiter,
    kLeftParenthesis,
    kRightParenthesis,
    kSpace,
    kPipe,
    kAssign,   // =
    kDeclare,  // :=
    kOther,    // any other printable ASCII character
    kBool,
    kCharacter,
    kNumber,
    kComplex,
    kString,
    kRawString,
    kField,       // .Name
    kIdentifier,  // Name
    kVariable,    // $ or $name
    kDot,
    kNil,
    kBlock,
    kBreak,
    kContinue,
    kDefine,
    kElse,
    kClose,  // the word end
    kIf,
    kRange,
    kTemplate,
    kWith,
  };

  Kind kind = Kind::kEnd;
  std::size_t offset = 0;
  std::size_t line = 1;
  std::string text;  // of an error, its message
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Token next();

 private:
  using Kind = Token::Kind;

  bool lex_text(Token& token);
  bool lex_left(Token& token);
  Token lex_right();
  Token lex_inside();
  Token lex_space();
  Token lex_word();
  Token lex_name(Kind kind);
  Token lex_number();
  Token lex_quoted(char quote, Kind kind, std::string_view message);
  bool scan_number();
  Token take(Kind kind);
  Token fail(std::string message);

  char32_t peek() const;
  char32_t advance();
  bool accept(std::string_view set);
  void accept_run(std::string_view set);
  bool at_right(std::size_t offset, bool& trim) const;
  bool at_terminator() const;
  void skip();
  std::string_view rest() const { return text_.substr(position_); }

  std::string_view text_;
  std::size_t start_ = 0;
  std::size_t position_ = 0;
  std::size_t last_ = 0;  // where the last rune began
  std::size_t line_ = 1;
  std::size_t start_line_ = 1;
  int parentheses_ = 0;
  bool inside_ = false;
};

}  // namespace tandem::templates
