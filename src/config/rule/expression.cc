#include "config/rule/expression.h"

#include <array>
#include <bitset>
#include <cstddef>
#include <initializer_list>
#include <utility>

#include <fmt/format.h>

#include "config/rule/diagnostics.h"
#include "config/rule/scanner.h"
#include "config/rule/syntax.h"

namespace tandem::rule {

using enum TokenKind;
using Kind = Expression::Kind;
using Index = Expression::Index;

std::string_view name_of(Expression::Kind kind) {
  // In the order of Expression::Kind.
  static constexpr std::array<std::string_view, 19> kNames = {
      "*ast.BadExpr",   "*ast.Ident",         "*ast.BasicLit",   "*ast.ParenExpr",      "*ast.SelectorExpr",
      "*ast.IndexExpr", "*ast.IndexListExpr", "*ast.SliceExpr",  "*ast.TypeAssertExpr", "*ast.CallExpr",
      "*ast.StarExpr",  "*ast.UnaryExpr",     "*ast.BinaryExpr", "*ast.KeyValueExpr",   "*ast.CompositeLit",
      "*ast.ArrayType", "*ast.MapType",       "*ast.ChanType",   "*ast.Ellipsis"};
  static_assert(kNames.size() == static_cast<std::size_t>(Kind::kEllipsis) + 1);
  return kNames[static_cast<std::size_t>(kind)];
}

namespace {

using TokenSet = std::bitset<static_cast<std::size_t>(kVar) + 1>;

TokenSet set_of(std::initializer_list<TokenKind> kinds) {
  TokenSet set;
  for (const TokenKind kind : kinds) set.set(static_cast<std::size_t>(kind));
  return set;
}

// Where parsing goes on after something that is no operand: where a statement starts.
const TokenSet kStatementStarts = set_of(
    {kBreak, kConst, kContinue, kDefer, kFallthrough, kFor, kGo, kGoto, kIf, kReturn, kSelect, kSwitch, kType, kVar});

// Where parsing goes on after something that is no type.
const TokenSet kExpressionEnds = set_of({kComma, kColon, kSemicolon, kRightParen, kRightBracket, kRightBrace});

class Parser {
 public:
  explicit Parser(std::string_view text) : errors_(text), scanner_(text, errors_) { next(); }

  Result<ExpressionTree> run();

 private:
  // Counts nesting while it lives.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaxRuleDepth) parser_.give_up("exceeded max nesting depth");
    }
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser& parser_;
  };

  bool at(TokenKind kind) const { return token_.kind == kind; }
  bool at_line_end() const { return at(kSemicolon) && token_.literal == "\n"; }
  void next();
  void give_up(std::string message);
  void fail(std::uint32_t offset, std::string message);
  void fail_expected(std::uint32_t offset, std::string_view what);
  std::uint32_t expect(TokenKind kind);
  void expect_closing(TokenKind kind, std::string_view context);
  bool at_comma(std::string_view context, TokenKind closing);
  void skip_to(const TokenSet& kinds);

  Index add(Expression expression);
  Index add(Kind kind, std::uint32_t offset, Index left = Expression::kNone, Index right = Expression::kNone) {
    return add({.kind = kind, .offset = offset, .left = left, .right = right});
  }
  const Expression& node(Index index) const { return tree_.at(index); }

  Index whole_expression();  // where `=` is taken for `==`
  Index expression() { return binary(1); }
  Index binary(int least_precedence);
  Index unary();
  Index receive();
  Index primary();
  Index operand();
  Index selector(Index left);
  Index call(Index callee);
  Index index_or_slice(Index left);
  void slice_bounds();
  bool may_take_braces(Index type);
  Index composite(Index type);
  Index element();
  Index type();
  Index type_or_none();
  Index type_name();
  Index array_type();
  Index map_type();
  Index chan_type();
  Index identifier();

  Diagnostics errors_;
  Scanner scanner_;
  Token token_;
  ExpressionTree tree_;
  int depth_ = 0;
  bool right_hand_side_ = false;
  bool given_up_ = false;
  std::uint32_t resumed_at_ = 0;
  int resumed_here_ = 0;
};

Result<ExpressionTree> Parser::run() {
  tree_.root = whole_expression();
  if (at_line_end()) next();
  expect(kEof);
  if (!errors_.empty()) return base::Error(base::ErrorKind::kInvalid, errors_.text());
  return std::move(tree_);
}

void Parser::next() {
  // Once given up, the rest of the text is as good as not there: everything unwinds at the end.
  if (given_up_) {
    token_ = {kEof, token_.offset, {}};
  } else {
    token_ = scanner_.next();
  }
}

void Parser::give_up(std::string message) {
  if (given_up_) return;
  if (!message.empty()) errors_.add(token_.offset, std::move(message));
  given_up_ = true;
  token_ = {kEof, token_.offset, {}};
}

void Parser::fail(std::uint32_t offset, std::string message) {
  if (given_up_) return;
  if (!errors_.add_unless_same_line(offset, std::move(message))) give_up({});
}

void Parser::fail_expected(std::uint32_t offset, std::string_view what) {
  std::string message = fmt::format("expected {}", what);
  if (offset == token_.offset) {
    if (at_line_end()) {
      message += ", found newline";
    } else if (is_literal(token_.kind)) {
      message += ", found " + token_.literal;
    } else {
      message += fmt::format(", found '{}'", spelling(token_.kind));
    }
  }
  fail(offset, std::move(message));
}

std::uint32_t Parser::expect(TokenKind kind) {
  const std::uint32_t offset = token_.offset;
  if (!at(kind)) fail_expected(offset, fmt::format("'{}'", spelling(kind)));
  next();
  return offset;
}

void Parser::expect_closing(TokenKind kind, std::string_view context) {
  if (!at(kind) && at_line_end()) {
    fail(token_.offset, fmt::format("missing ',' before newline in {}", context));
    next();
  }
  expect(kind);
}

bool Parser::at_comma(std::string_view context, TokenKind closing) {
  if (at(kComma)) return true;
  if (at(closing)) return false;
  fail(token_.offset, fmt::format("missing ','{} in {}", at_line_end() ? " before newline" : "", context));
  return true;  // go on as if it were there
}

void Parser::skip_to(const TokenSet& kinds) {
  for (; !at(kEof); next()) {
    if (!kinds.test(static_cast<std::size_t>(token_.kind))) continue;
    // Stopping at the same place again and again would never end.
    if (token_.offset == resumed_at_ && resumed_here_ < 10) {
      ++resumed_here_;
      return;
    }
    if (token_.offset > resumed_at_) {
      resumed_at_ = token_.offset;
      resumed_here_ = 0;
      return;
    }
  }
}

Index Parser::add(Expression expression) {
  tree_.nodes.push_back(std::move(expression));
  return static_cast<Index>(tree_.nodes.size() - 1);
}

Index Parser::whole_expression() {
  const bool before = std::exchange(right_hand_side_, true);
  const Index result = expression();
  right_hand_side_ = before;
  return result;
}

Index Parser::binary(int least_precedence) {
  Index left = unary();
  for (;;) {
    const TokenKind op = right_hand_side_ && at(kAssign) ? kEqual : token_.kind;
    const int strength = precedence(op);
    if (strength < least_precedence) return left;
    const std::uint32_t offset = expect(op);
    const Index right = binary(strength + 1);
    left = add({.kind = Kind::kBinary, .token = op, .offset = offset, .left = left, .right = right});
  }
}

Index Parser::unary() {
  const Level level(*this);
  const std::uint32_t offset = token_.offset;
  switch (token_.kind) {
    case kAdd:
    case kSub:
    case kNot:
    case kXor:
    case kAnd:
    case kTilde: {
      const TokenKind op = token_.kind;
      next();
      const Index of = unary();
      return add({.kind = Kind::kUnary, .token = op, .offset = offset, .left = of});
    }
    case kMul: {
      next();
      const Index of = unary();
      return add(Kind::kStar, offset, of);
    }
    case kArrow:
      return receive();
    default:
      return primary();
  }
}

// `<-x`, or the type `<-chan x`.
Index Parser::receive() {
  const std::uint32_t offset = expect(kArrow);
  const Index of = unary();
  if (node(of).kind == Kind::kChanType) return add(Kind::kChanType, offset, of);
  return add({.kind = Kind::kUnary, .token = kArrow, .offset = offset, .left = of});
}

Index Parser::primary() {
  Index result = operand();
  for (;;) {
    switch (token_.kind) {
      case kPeriod:
        result = selector(result);
        break;
      case kLeftBracket:
        result = index_or_slice(result);
        break;
      case kLeftParen:
        result = call(result);
        break;
      case kLeftBrace:
        if (!may_take_braces(result)) return result;
        result = composite(result);
        break;
      default:
        return result;
    }
  }
}

Index Parser::operand() {
  const std::uint32_t offset = token_.offset;
  switch (token_.kind) {
    case kIdentifier:
      return identifier();
    case kInteger:
    case kFloat:
    case kImaginary:
    case kRune:
    case kString: {
      Expression literal{
          .kind = Kind::kLiteral, .token = token_.kind, .offset = offset, .text = std::move(token_.literal)};
      next();
      return add(std::move(literal));
    }
    case kLeftParen: {
      next();
      const Index of = whole_expression();
      expect(kRightParen);
      return add(Kind::kParenthesized, offset, of);
    }
    default:
      break;
  }
  if (const Index result = type_or_none(); result != Expression::kNone) return result;
  fail_expected(offset, "operand");
  skip_to(kStatementStarts);
  return add(Kind::kBad, offset);
}

Index Parser::identifier() {
  Expression name{.kind = Kind::kIdentifier, .offset = token_.offset, .text = "_"};
  if (at(kIdentifier)) {
    name.text = std::move(token_.literal);
    next();
  } else {
    expect(kIdentifier);
  }
  return add(std::move(name));
}

Index Parser::selector(Index left) {
  next();
  const std::uint32_t offset = token_.offset;
  if (at(kLeftParen)) {
    next();
    if (at(kType)) {
      next();
    } else {
      type();
    }
    expect(kRightParen);
    return add(Kind::kTypeAssertion, offset, left);
  }
  std::string name = "_";
  if (at(kIdentifier)) {
    name = std::move(token_.literal);
    next();
  } else {
    fail_expected(offset, "selector or type assertion");
    if (!at(kRightBrace)) next();
  }
  return add({.kind = Kind::kSelector, .offset = offset, .text = std::move(name), .left = left});
}

Index Parser::call(Index callee) {
  Expression result{.kind = Kind::kCall, .offset = node(callee).offset, .left = callee};
  next();
  bool spread = false;
  while (!at(kRightParen) && !at(kEof) && !spread) {
    result.arguments.push_back(whole_expression());
    if (at(kEllipsis)) {
      spread = true;
      next();
    }
    if (!at_comma("argument list", kRightParen)) break;
    next();
  }
  expect_closing(kRightParen, "argument list");
  return add(std::move(result));
}

Index Parser::index_or_slice(Index left) {
  const std::uint32_t offset = expect(kLeftBracket);
  if (at(kRightBracket)) {
    fail_expected(token_.offset, "operand");
    next();
    return add(Kind::kIndex, offset, left);
  }
  if (!at(kColon)) whole_expression();
  Kind kind = Kind::kIndex;
  if (at(kColon)) {
    kind = Kind::kSlice;
    slice_bounds();
  } else if (at(kComma)) {
    bool several = false;
    while (at(kComma)) {
      next();
      if (at(kRightBracket) || at(kEof)) continue;
      type();
      several = true;
    }
    if (several) kind = Kind::kIndexList;
    expect(kRightBracket);
  } else {
    expect(kRightBracket);
  }
  return add(kind, offset, left);
}

// `:b]` and `:b:c]`; the latter wants both.
void Parser::slice_bounds() {
  std::array<std::uint32_t, 2> colons{};
  std::array<bool, 2> given{};
  std::size_t count = 0;
  while (at(kColon) && count < colons.size()) {
    colons[count] = token_.offset;
    next();
    if (!at(kColon) && !at(kRightBracket) && !at(kEof)) {
      whole_expression();
      given[count] = true;
    }
    ++count;
  }
  expect(kRightBracket);
  if (count < colons.size()) return;
  if (!given[0]) fail(colons[0], "middle index required in 3-index slice");
  if (!given[1]) fail(colons[1], "final index required in 3-index slice");
}

bool Parser::may_take_braces(Index type) {
  Index bare = type;
  while (node(bare).kind == Kind::kParenthesized) bare = node(bare).left;
  switch (node(bare).kind) {
    case Kind::kBad:
    case Kind::kIdentifier:
    case Kind::kSelector:
    case Kind::kIndex:
    case Kind::kIndexList:
    case Kind::kArrayType:
    case Kind::kMapType:
      break;
    default:
      return false;
  }
  if (bare != type) fail(node(bare).offset, "cannot parenthesize type in composite literal");
  return true;
}

Index Parser::composite(Index type) {
  const Level level(*this);
  const std::uint32_t offset = expect(kLeftBrace);
  while (!at(kRightBrace) && !at(kEof)) {
    element();
    if (at(kColon)) {
      next();
      element();
    }
    if (!at_comma("composite literal", kRightBrace)) break;
    next();
  }
  expect_closing(kRightBrace, "composite literal");
  return add(Kind::kComposite, offset, type);
}

Index Parser::element() { return at(kLeftBrace) ? composite(Expression::kNone) : expression(); }

Index Parser::type() {
  if (const Index result = type_or_none(); result != Expression::kNone) return result;
  const std::uint32_t offset = token_.offset;
  fail_expected(offset, "type");
  skip_to(kExpressionEnds);
  return add(Kind::kBad, offset);
}

Index Parser::type_or_none() {
  const Level level(*this);
  const std::uint32_t offset = token_.offset;
  switch (token_.kind) {
    case kIdentifier:
      return type_name();
    case kLeftBracket:
      return array_type();
    case kMap:
      return map_type();
    case kChan:
    case kArrow:
      return chan_type();
    case kMul: {
      next();
      const Index of = type();
      return add(Kind::kStar, offset, of);
    }
    case kLeftParen: {
      next();
      const Index of = type();
      expect(kRightParen);
      return add(Kind::kParenthesized, offset, of);
    }
    default:
      return Expression::kNone;
  }
}

Index Parser::type_name() {
  Index name = identifier();
  if (at(kPeriod)) {
    next();
    const Index selected = identifier();
    name = add({.kind = Kind::kSelector, .offset = node(name).offset, .text = node(selected).text, .left = name});
  }
  if (!at(kLeftBracket)) return name;
  next();
  std::size_t count = 0;
  while (!at(kRightBracket) && !at(kEof)) {
    type();
    ++count;
    if (!at_comma("type argument list", kRightBracket)) break;
    next();
  }
  const std::uint32_t closing = token_.offset;
  expect_closing(kRightBracket, "type argument list");
  if (count == 0) fail_expected(closing, "type argument list");
  return add(count > 1 ? Kind::kIndexList : Kind::kIndex, node(name).offset, name);
}

Index Parser::array_type() {
  const std::uint32_t offset = expect(kLeftBracket);
  if (at(kEllipsis)) {
    next();
  } else if (!at(kRightBracket)) {
    whole_expression();
  }
  if (at(kComma)) {
    fail(token_.offset, "unexpected comma; expecting ]");
    next();
  }
  expect(kRightBracket);
  type();
  return add(Kind::kArrayType, offset);
}

Index Parser::map_type() {
  const std::uint32_t offset = expect(kMap);
  expect(kLeftBracket);
  type();
  expect(kRightBracket);
  type();
  return add(Kind::kMapType, offset);
}

Index Parser::chan_type() {
  const std::uint32_t offset = token_.offset;
  if (at(kChan)) {
    next();
    if (at(kArrow)) next();
  } else {
    expect(kArrow);
    expect(kChan);
  }
  type();
  return add(Kind::kChanType, offset);
}

}  // namespace

Result<ExpressionTree> parse_expression(std::string_view text) { return Parser(text).run(); }

}  // namespace tandem::rule
