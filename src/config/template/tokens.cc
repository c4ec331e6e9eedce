#include "config/template/tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/template/runes.h"

namespace tandem::templates {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr char32_t kEndOfText = 0xFFFFFFFF;

bool is_blank(char32_t rune) { return rune == ' ' || rune == '\t' || rune == '\r' || rune == '\n'; }
bool is_word(char32_t rune) { return rune != kEndOfText && (rune == '_' || is_letter(rune) || is_digit(rune)); }
bool trims_left(std::string_view text) { return text.size() >= 2 && text[0] == '-' && is_blank(text[1]); }

constexpr std::array<std::pair<std::string_view, Token::Kind>, 14> kWords{{
    {"block", Token::Kind::kBlock},
    {"break", Token::Kind::kBreak},
    {"continue", Token::Kind::kContinue},
    {"define", Token::Kind::kDefine},
    {"else", Token::Kind::kElse},
    {"end", Token::Kind::kClose},
    {"if", Token::Kind::kIf},
    {"range", Token::Kind::kRange},
    {"nil", Token::Kind::kNil},
    {"template", Token::Kind::kTemplate},
    {"with", Token::Kind::kWith},
    {"true", Token::Kind::kBool},
    {"false", Token::Kind::kBool},
    {".", Token::Kind::kDot},
}};

}  // namespace

char32_t Lexer::peek() const { return position_ >= text_.size() ? kEndOfText : first_rune(rest()).value; }

char32_t Lexer::advance() {
  last_ = position_;
  if (position_ >= text_.size()) return kEndOfText;
  const Rune rune = first_rune(rest());
  position_ += rune.width;
  if (rune.value == '\n') ++line_;
  return rune.value;
}

bool Lexer::accept(std::string_view set) {
  if (position_ >= text_.size() || !set.contains(text_[position_])) return false;
  ++position_;
  return true;
}

void Lexer::accept_run(std::string_view set) {
  while (accept(set)) {
  }
}

bool Lexer::at_right(std::size_t offset, bool& trim) const {
  const std::string_view here = text_.substr(offset);
  trim = here.size() >= 4 && is_blank(here[0]) && here[1] == '-' && here.substr(2, 2) == "}}";
  return trim || here.starts_with("}}");
}

bool Lexer::at_terminator() const {
  const char32_t rune = peek();
  if (rune == kEndOfText || is_blank(rune)) return true;
  if (rune < 0x80 && std::string_view(".,|:)(").contains(static_cast<char>(rune))) return true;
  return rest().starts_with("}}");
}

void Lexer::skip() {
  line_ += static_cast<std::size_t>(std::ranges::count(text_.substr(start_, position_ - start_), '\n'));
  start_ = position_;
  start_line_ = line_;
}

Token Lexer::take(Kind kind) {
  Token token{kind, start_, start_line_, std::string(text_.substr(start_, position_ - start_))};
  start_ = position_;
  start_line_ = line_;
  return token;
}

Token Lexer::fail(std::string message) {
  Token token{Kind::kError, start_, start_line_, std::move(message)};
  text_ = {};
  start_ = position_ = 0;
  inside_ = false;
  return token;
}

Token Lexer::next() {
  Token token;
  while (!inside_) {
    if (lex_text(token)) return token;
    if (lex_left(token)) return token;
  }
  return lex_inside();
}

/// True with a token; false at a left delimiter.
bool Lexer::lex_text(Token& token) {
  const std::size_t found = text_.find("{{", position_);
  if (found == std::string_view::npos) {
    position_ = text_.size();
    const bool any = position_ > start_;
    if (any) line_ += static_cast<std::size_t>(std::ranges::count(text_.substr(start_), '\n'));
    token = take(any ? Kind::kText : Kind::kEnd);
    if (!any) token.text = "EOF";
    return true;
  }
  std::size_t end = found;
  if (trims_left(text_.substr(found + 2))) {
    const std::size_t last = text_.substr(start_, found - start_).find_last_not_of(kSpaces);
    end = last == std::string_view::npos ? start_ : start_ + last + 1;
  }
  const bool any = end > start_;
  position_ = end;
  if (any) {
    line_ += static_cast<std::size_t>(std::ranges::count(text_.substr(start_, end - start_), '\n'));
    token = take(Kind::kText);
  }
  position_ = found;
  skip();
  return any;
}

/// True with a token; false after a comment.
bool Lexer::lex_left(Token& token) {
  position_ += 2;
  const std::size_t marker = trims_left(rest()) ? 2 : 0;
  if (!rest().substr(marker).starts_with("/*")) {
    token = take(Kind::kLeftDelimiter);
    inside_ = true;
    position_ += marker;
    skip();
    parentheses_ = 0;
    return true;
  }
  position_ += marker;
  skip();
  const std::size_t close = text_.find("*/", position_ + 2);
  bool trim = false;
  if (close == std::string_view::npos) {
    token = fail("unclosed comment");
    return true;
  }
  position_ = close + 2;
  if (!at_right(position_, trim)) {
    token = fail("comment ends before closing delimiter");
    return true;
  }
  position_ += trim ? 4 : 2;
  if (trim) accept_run(kSpaces);
  skip();
  return false;
}

Token Lexer::lex_right() {
  bool trim = false;
  at_right(position_, trim);
  if (trim) {
    position_ += 2;
    skip();
  }
  position_ += 2;
  Token token = take(Kind::kRightDelimiter);
  if (trim) {
    accept_run(kSpaces);
    skip();
  }
  inside_ = false;
  return token;
}

Token Lexer::lex_inside() {
  bool trim = false;
  if (at_right(position_, trim)) return parentheses_ == 0 ? lex_right() : fail("unclosed left paren");
  const char32_t rune = advance();
  if (rune == kEndOfText) return fail("unclosed action");
  if (is_blank(rune)) return lex_space();
  const char next = position_ < text_.size() ? text_[position_] : '\0';
  switch (rune) {
    case '=':
      return take(Kind::kAssign);
    case ':':
      return advance() == '=' ? take(Kind::kDeclare) : fail("expected :=");
    case '|':
      return take(Kind::kPipe);
    case '"':
      return lex_quoted('"', Kind::kString, "unterminated quoted string");
    case '`':
      return lex_quoted('`', Kind::kRawString, "unterminated raw quoted string");
    case '\'':
      return lex_quoted('\'', Kind::kCharacter, "unterminated character constant");
    case '$':
      return lex_name(Kind::kVariable);
    case '(':
      ++parentheses_;
      return take(Kind::kLeftParenthesis);
    case ')':
      return --parentheses_ < 0 ? fail("unexpected right paren") : take(Kind::kRightParenthesis);
    case '.':
      if (position_ < text_.size() && (next < '0' || next > '9')) return lex_name(Kind::kField);
      return lex_number();
    default:
      break;
  }
  if (rune == '+' || rune == '-' || (rune >= '0' && rune <= '9')) return lex_number();
  if (is_word(rune)) return lex_word();
  if (rune < 0x80 && is_print(rune)) return take(Kind::kOther);
  return fail("unrecognized character in action: " + unicode_name(rune));
}

Token Lexer::lex_space() {
  while (is_blank(peek())) advance();
  bool trim = false;
  if (at_right(position_ - 1, trim) && trim) {
    // The last space belongs to " -}}".
    --position_;
    if (text_[position_] == '\n') --line_;
    if (position_ == start_) return lex_right();
  }
  return take(Kind::kSpace);
}

Token Lexer::lex_word() {
  while (is_word(peek())) advance();
  if (!at_terminator()) return fail("bad character " + unicode_name(peek()));
  const std::string_view word = text_.substr(start_, position_ - start_);
  const auto* const known = std::ranges::find(kWords, word, &std::pair<std::string_view, Kind>::first);
  return take(known == kWords.end() ? Kind::kIdentifier : known->second);
}

Token Lexer::lex_name(Kind kind) {
  if (at_terminator()) return take(kind == Kind::kVariable ? kind : Kind::kDot);
  while (is_word(peek())) advance();
  return at_terminator() ? take(kind) : fail("bad character " + unicode_name(peek()));
}

Token Lexer::lex_number() {
  position_ = last_;
  bool good = scan_number();
  Kind kind = Kind::kNumber;
  if (const char32_t sign = peek(); good && (sign == '+' || sign == '-')) {
    good = scan_number() && text_[position_ - 1] == 'i';
    kind = Kind::kComplex;
  }
  return good ? take(kind) : fail("bad number syntax: " + quoted(text_.substr(start_, position_ - start_)));
}

bool Lexer::scan_number() {
  accept("+-");
  std::string_view digits = "0123456789_";
  if (accept("0")) {
    if (accept("xX")) {
      digits = "0123456789abcdefABCDEF_";
    } else if (accept("oO")) {
      digits = "01234567_";
    } else if (accept("bB")) {
      digits = "01_";
    }
  }
  accept_run(digits);
  if (accept(".")) accept_run(digits);
  if ((digits.size() == 11 && accept("eE")) || (digits.size() == 23 && accept("pP"))) {
    accept("+-");
    accept_run("0123456789_");
  }
  accept("i");
  if (!is_word(peek())) return true;
  advance();
  return false;
}

Token Lexer::lex_quoted(char quote, Kind kind, std::string_view message) {
  for (;;) {
    char32_t rune = advance();
    if (rune == '\\' && quote != '`') {
      rune = advance();
      if (rune != kEndOfText && rune != '\n') continue;
    }
    if (rune == kEndOfText || (rune == '\n' && quote != '`')) return fail(std::string(message));
    if (rune == static_cast<unsigned char>(quote)) return take(kind);
  }
}

}  // namespace tandem::templates
