#include "config/rule/scanner.h"

#include <utility>

#include <fmt/format.h>

#include "config/rule/characters.h"

namespace tandem::rule {

using enum TokenKind;

Scanner::Scanner(std::string_view text, Diagnostics& errors) : text_(text), errors_(errors) {
  advance();
  if (current_ == kByteOrderMark) advance();
}

void Scanner::advance() {
  offset_ = read_;
  if (read_ >= text_.size()) {
    current_ = kEnd;
    return;
  }
  const std::string_view rest = text_.substr(read_);
  const Character character = decode(rest);
  if (!character.valid) {
    if (offset_ == 0 && (rest.starts_with("\xFF\xFE") || rest.starts_with("\xFE\xFF"))) {
      fail(offset_, "illegal UTF-8 encoding (got UTF-16)");
      read_ = static_cast<std::uint32_t>(text_.size());  // or every other byte would be reported too
      current_ = character.code;
      return;
    }
    fail(offset_, "illegal UTF-8 encoding");
  } else if (character.code == 0) {
    fail(offset_, "illegal character NUL");
  } else if (character.code == kByteOrderMark && offset_ > 0) {
    fail(offset_, "illegal byte order mark");
  }
  current_ = character.code;
  read_ += character.length;
}

bool Scanner::accept(std::int32_t c) {
  if (current_ != c) return false;
  advance();
  return true;
}

void Scanner::skip_spaces() {
  while (current_ == ' ' || current_ == '\t' || current_ == '\r' || (current_ == '\n' && !line_may_end_)) advance();
}

Token Scanner::next() {
  for (;;) {
    if (line_ended_) {
      const std::uint32_t at = *line_ended_;
      line_ended_.reset();
      return {kSemicolon, at, "\n"};
    }
    skip_spaces();
    if (current_ != '/' || (peek() != '/' && peek() != '*')) break;
    const std::uint32_t line_break = skip_comment();
    if (line_may_end_ && line_break != 0) {
      line_ended_ = line_break;
      line_may_end_ = false;
    }
  }

  const std::uint32_t start = offset_;
  const std::int32_t c = current_;
  if (is_letter(c)) return word();
  if (is_decimal(c) || (c == '.' && is_decimal(peek()))) return number();
  advance();
  if (c == '\n' || (c == kEnd && line_may_end_)) {
    line_may_end_ = false;
    return {kSemicolon, start, "\n"};
  }
  const bool could_end = std::exchange(line_may_end_, true);
  switch (c) {
    case '"':
      return {kString, start, interpreted_string()};
    case '`':
      return {kString, start, raw_string()};
    case '\'':
      return {kRune, start, rune()};
    case kEnd:
      line_may_end_ = false;
      return {kEof, start, {}};
    case ';':
      line_may_end_ = false;
      return {kSemicolon, start, ";"};
    default:
      break;
  }
  const TokenKind kind = punctuation(c);
  if (kind == kIllegal) {
    line_may_end_ = could_end;
    return illegal(c, start);
  }
  line_may_end_ =
      kind == kRightParen || kind == kRightBracket || kind == kRightBrace || kind == kIncrement || kind == kDecrement;
  return {kind, start, {}};
}

Token Scanner::illegal(std::int32_t c, std::uint32_t offset) {
  std::string literal;
  append_utf8(literal, c);
  if (c == 0x201C || c == 0x201D) {
    // Typographers' quotes come with text pasted from documents.
    fail(offset, fmt::format("curly quotation mark '{}' (use neutral '\"')", literal));
  } else if (c != kByteOrderMark) {
    fail(offset, "illegal character " + describe(c));
  }
  return {kIllegal, offset, std::move(literal)};
}

// Offset of the first line break inside a /* */ comment; 0 when there is none (a comment never starts with one).
std::uint32_t Scanner::skip_comment() {
  const std::uint32_t start = offset_;
  advance();
  if (accept('/')) {
    while (current_ != '\n' && current_ != kEnd) advance();
    return 0;
  }
  advance();
  std::uint32_t line_break = 0;
  while (current_ != kEnd) {
    const std::int32_t c = current_;
    if (c == '\n' && line_break == 0) line_break = offset_;
    advance();
    if (c == '*' && accept('/')) return line_break;
  }
  fail(start, "comment not terminated");
  return line_break;
}

Token Scanner::word() {
  const std::uint32_t start = offset_;
  while (is_letter(current_) || is_decimal(current_)) advance();
  std::string text(text_.substr(start, offset_ - start));
  const TokenKind kind = keyword_or_identifier(text);
  line_may_end_ = kind == kIdentifier || kind == kBreak || kind == kContinue || kind == kFallthrough || kind == kReturn;
  return {kind, start, std::move(text)};
}

std::string Scanner::interpreted_string() {
  const std::uint32_t start = offset_ - 1;
  for (;;) {
    const std::int32_t c = current_;
    if (c == '\n' || c == kEnd) {
      fail(start, "string literal not terminated");
      break;
    }
    advance();
    if (c == '"') break;
    if (c == '\\') escape('"');
  }
  return std::string(text_.substr(start, offset_ - start));
}

std::string Scanner::raw_string() {
  const std::uint32_t start = offset_ - 1;
  for (;;) {
    const std::int32_t c = current_;
    if (c == kEnd) {
      fail(start, "raw string literal not terminated");
      break;
    }
    advance();
    if (c == '`') break;
  }
  std::string literal(text_.substr(start, offset_ - start));
  std::erase(literal, '\r');
  return literal;
}

std::string Scanner::rune() {
  const std::uint32_t start = offset_ - 1;
  bool valid = true;
  int characters = 0;
  for (;;) {
    const std::int32_t c = current_;
    if (c == '\n' || c == kEnd) {
      if (valid) fail(start, "rune literal not terminated");
      valid = false;
      break;
    }
    advance();
    if (c == '\'') break;
    ++characters;
    if (c == '\\' && !escape('\'')) valid = false;
  }
  if (valid && characters != 1) fail(start, "illegal rune literal");
  return std::string(text_.substr(start, offset_ - start));
}

bool Scanner::escape(char quote) {
  const std::uint32_t start = offset_;
  if (current_ == quote) {
    advance();
    return true;
  }
  switch (current_) {
    case 'a':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
    case 'v':
    case '\\':
      advance();
      return true;
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
      return escape_digits(start, 3, 8, 255);
    case 'x':
      advance();
      return escape_digits(start, 2, 16, 255);
    case 'u':
      advance();
      return escape_digits(start, 4, 16, 0x10FFFF);
    case 'U':
      advance();
      return escape_digits(start, 8, 16, 0x10FFFF);
    default:
      break;
  }
  fail(start, current_ == kEnd ? "escape sequence not terminated" : "unknown escape sequence");
  return false;
}

bool Scanner::escape_digits(std::uint32_t start, int count, std::uint32_t base, std::uint32_t most) {
  std::uint32_t value = 0;
  for (; count > 0; --count) {
    const std::uint32_t digit = digit_value(current_);
    if (digit >= base) {
      fail(offset_, current_ == kEnd ? "escape sequence not terminated"
                                     : fmt::format("illegal character {} in escape sequence", describe(current_)));
      return false;
    }
    value = value * base + digit;
    advance();
  }
  if (value > most || (value >= 0xD800 && value < 0xE000)) {
    fail(start, "escape sequence is invalid Unicode code point");
    return false;
  }
  return true;
}

TokenKind Scanner::punctuation(std::int32_t c) {
  switch (c) {
    case '(':
      return kLeftParen;
    case ')':
      return kRightParen;
    case '[':
      return kLeftBracket;
    case ']':
      return kRightBracket;
    case '{':
      return kLeftBrace;
    case '}':
      return kRightBrace;
    case ',':
      return kComma;
    case '~':
      return kTilde;
    case ':':
      return assigned(kColon, kDefine);
    case '=':
      return assigned(kAssign, kEqual);
    case '!':
      return assigned(kNot, kNotEqual);
    case '.':
      if (current_ != '.' || peek() != '.') return kPeriod;
      advance();
      advance();
      return kEllipsis;
    default:
      return arithmetic(c);
  }
}

TokenKind Scanner::arithmetic(std::int32_t c) {
  switch (c) {
    case '+':
      return accept('+') ? kIncrement : assigned(kAdd, kAddAssign);
    case '-':
      return accept('-') ? kDecrement : assigned(kSub, kSubAssign);
    case '*':
      return assigned(kMul, kMulAssign);
    case '/':
      return assigned(kQuo, kQuoAssign);
    case '%':
      return assigned(kRem, kRemAssign);
    case '^':
      return assigned(kXor, kXorAssign);
    case '<':
      if (accept('-')) return kArrow;
      return accept('<') ? assigned(kShl, kShlAssign) : assigned(kLess, kLessEqual);
    case '>':
      return accept('>') ? assigned(kShr, kShrAssign) : assigned(kGreater, kGreaterEqual);
    case '&':
      if (accept('^')) return assigned(kAndNot, kAndNotAssign);
      return accept('&') ? kLogicalAnd : assigned(kAnd, kAndAssign);
    case '|':
      return accept('|') ? kLogicalOr : assigned(kOr, kOrAssign);
    default:
      return kIllegal;
  }
}

}  // namespace tandem::rule
