// The parser: recursive descent over the tokens.

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "config/template/functions.h"
#include "config/template/runes.h"
#include "config/template/syntax.h"
#include "config/template/tokens.h"

namespace tandem::templates {
namespace {

using TokenKind = Token::Kind;
using NodeKind = Node::Kind;

// Each level costs stack, here and when the tree is executed.
constexpr int kDeepest = 200;

class Parser {
 public:
  explicit Parser(Tree& tree) : tree_(tree), lexer_(tree.text) {}

  base::Result<void> parse();

 private:
  /// Variables and loops are known within one definition.
  struct Scope {
    std::vector<std::string> variables{"$"};
    int ranges = 0;
  };

  // Everything that returns a node returns null after fail().
  NodePtr text_or_action();
  NodePtr action();
  NodePtr statements(NodePtr& end);
  NodePtr control(NodeKind kind, std::string_view context);
  bool else_branch(Node& node, std::string_view context);
  NodePtr jump(NodeKind kind, std::string_view word);
  NodePtr template_call();
  NodePtr block();
  bool definition();
  bool definition_body(const std::string& name, Scope& outer, std::string_view context);
  bool add(const std::string& name, NodePtr root);
  NodePtr pipeline(std::string_view context, TokenKind end);
  bool declarations(Node& pipe, std::string_view context);
  NodePtr command();
  NodePtr operand();
  NodePtr with_fields(NodePtr head);
  NodePtr term();
  NodePtr term_of(const Token& token);
  std::optional<std::string> template_name(const Token& token, std::string_view context);

  const Token& peek(std::size_t ahead = 0);
  Token next();
  const Token& peek_non_space();
  Token next_non_space();
  void back(Token token) { tokens_.push_front(std::move(token)); }
  NodePtr fail(std::string_view message);
  NodePtr unexpected(const Token& token, std::string_view context);
  static NodePtr make(NodeKind kind, std::size_t offset);
  bool expect_right(std::string_view context);

  Tree& tree_;
  Lexer lexer_;
  std::deque<Token> tokens_;  // read but not consumed
  Scope scope_;
  std::size_t line_ = 1;         // of the last token
  std::size_t action_line_ = 0;  // of the action being read; 0 outside
  int depth_ = 0;
  bool failed_ = false;
  std::string error_;
};

/// Deeper by one while it lives.
class Level {
 public:
  explicit Level(int& depth) : depth_(depth) { ++depth_; }
  ~Level() { --depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  int& depth_;
};

bool is_empty(const Node& node) {
  if (node.kind == NodeKind::kText) return trim_space(node.text).empty();
  return node.kind == NodeKind::kList && std::ranges::all_of(node.children, [](const auto& n) { return is_empty(*n); });
}

std::string shown(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
      return "EOF";
    case TokenKind::kError:
      return token.text;
    default:
      break;
  }
  if (token.kind >= TokenKind::kDot) return "<" + token.text + ">";
  if (token.text.size() <= 10) return quoted(token.text);
  // The first ten runes.
  std::string_view rest = token.text;
  std::size_t width = 0;
  for (int i = 0; i < 10 && width < rest.size(); ++i) width += first_rune(rest.substr(width)).width;
  return quoted(rest.substr(0, width)) + "...";
}

const Token& Parser::peek(std::size_t ahead) {
  while (tokens_.size() <= ahead) {
    tokens_.push_back(lexer_.next());
    line_ = tokens_.back().line;
  }
  return tokens_[ahead];
}

Token Parser::next() {
  peek();
  Token token = std::move(tokens_.front());
  tokens_.pop_front();
  line_ = token.line;
  return token;
}

const Token& Parser::peek_non_space() {
  while (peek().kind == TokenKind::kSpace) tokens_.pop_front();
  line_ = tokens_.front().line;
  return tokens_.front();
}

Token Parser::next_non_space() {
  peek_non_space();
  return next();
}

NodePtr Parser::make(NodeKind kind, std::size_t offset) {
  auto node = std::make_unique<Node>();
  node->kind = kind;
  node->offset = offset;
  return node;
}

NodePtr Parser::fail(std::string_view message) {
  if (!failed_) error_ = fmt::format("template: {}:{}: {}", tree_.name, line_, message);
  failed_ = true;
  return nullptr;
}

NodePtr Parser::unexpected(const Token& token, std::string_view context) {
  line_ = token.line;
  if (token.kind != TokenKind::kError) return fail(fmt::format("unexpected {} in {}", shown(token), context));
  std::string extra;
  if (action_line_ != 0 && action_line_ != token.line) {
    extra = fmt::format("{} started at {}:{}", token.text.ends_with(" action") ? "" : " in action", tree_.name,
                        action_line_);
  }
  return fail(token.text + extra);
}

bool Parser::expect_right(std::string_view context) {
  const Token token = next_non_space();
  if (token.kind != TokenKind::kRightDelimiter) unexpected(token, context);
  return !failed_;
}

base::Result<void> Parser::parse() {
  NodePtr root = make(NodeKind::kList, 0);
  while (!failed_ && peek().kind != TokenKind::kEnd) {
    if (peek().kind == TokenKind::kLeftDelimiter) {
      Token left = next();
      if (peek_non_space().kind == TokenKind::kDefine) {
        next();
        if (!definition()) break;
        continue;
      }
      back(std::move(left));
    }
    NodePtr node = text_or_action();
    if (!node) break;
    if (node->kind == NodeKind::kEnd || node->kind == NodeKind::kElse) {
      fail("unexpected " + text_of(*node));
      break;
    }
    root->children.push_back(std::move(node));
  }
  if (!failed_) add(tree_.name, std::move(root));
  if (failed_) return base::Error(base::ErrorKind::kInvalid, error_);
  return {};
}

bool Parser::add(const std::string& name, NodePtr root) {
  NodePtr& known = tree_.templates[name];
  if (known == nullptr || is_empty(*known)) {
    known = std::move(root);
  } else if (!is_empty(*root)) {
    fail(fmt::format("template: multiple definition of template {}", quoted(name)));
  }
  return !failed_;
}

bool Parser::definition_body(const std::string& name, Scope& outer, std::string_view context) {
  outer = std::exchange(scope_, Scope{});
  NodePtr end;
  NodePtr root = statements(end);
  if (root && end->kind != NodeKind::kEnd) fail(fmt::format("unexpected {} in {}", text_of(*end), context));
  scope_ = std::move(outer);
  return !failed_ && add(name, std::move(root));
}

bool Parser::definition() {
  constexpr std::string_view kContext = "define clause";
  const Token token = next_non_space();
  const auto name = template_name(token, kContext);
  Scope outer;
  return name && expect_right(kContext) && definition_body(*name, outer, kContext);
}

NodePtr Parser::block() {
  constexpr std::string_view kContext = "block clause";
  const Token token = next_non_space();
  const auto name = template_name(token, kContext);
  if (!name) return nullptr;
  NodePtr node = make(NodeKind::kTemplate, token.offset);
  node->text = *name;
  node->pipe = pipeline(kContext, TokenKind::kRightDelimiter);
  Scope outer;
  if (!node->pipe || !definition_body(*name, outer, kContext)) return nullptr;
  return node;
}

NodePtr Parser::template_call() {
  constexpr std::string_view kContext = "template clause";
  const Token token = next_non_space();
  const auto name = template_name(token, kContext);
  if (!name) return nullptr;
  NodePtr node = make(NodeKind::kTemplate, token.offset);
  node->text = *name;
  if (peek_non_space().kind == TokenKind::kRightDelimiter) {
    next();
    return node;
  }
  node->pipe = pipeline(kContext, TokenKind::kRightDelimiter);
  return node->pipe ? std::move(node) : nullptr;
}

std::optional<std::string> Parser::template_name(const Token& token, std::string_view context) {
  if (token.kind != TokenKind::kString && token.kind != TokenKind::kRawString) {
    unexpected(token, context);
    return std::nullopt;
  }
  auto name = unquoted(token.text);
  if (!name) fail("invalid syntax");
  return name;
}

NodePtr Parser::statements(NodePtr& end) {
  const Level level(depth_);
  if (depth_ > kDeepest) return fail(fmt::format("blocks are nested more than {} deep", kDeepest));
  NodePtr list = make(NodeKind::kList, peek_non_space().offset);
  while (peek_non_space().kind != TokenKind::kEnd) {
    NodePtr node = text_or_action();
    if (!node) return nullptr;
    if (node->kind == NodeKind::kEnd || node->kind == NodeKind::kElse) {
      end = std::move(node);
      return list;
    }
    list->children.push_back(std::move(node));
  }
  return fail("unexpected EOF");
}

NodePtr Parser::text_or_action() {
  Token token = next_non_space();
  if (token.kind == TokenKind::kText) {
    NodePtr node = make(NodeKind::kText, token.offset);
    node->text = std::move(token.text);
    return node;
  }
  if (token.kind != TokenKind::kLeftDelimiter) return unexpected(token, "input");
  action_line_ = token.line;
  NodePtr node = action();
  action_line_ = 0;
  return node;
}

NodePtr Parser::action() {
  const Token token = next_non_space();
  switch (token.kind) {
    case TokenKind::kBlock:
      return block();
    case TokenKind::kBreak:
      return jump(NodeKind::kBreak, "{{break}}");
    case TokenKind::kContinue:
      return jump(NodeKind::kContinue, "{{continue}}");
    case TokenKind::kElse: {
      const Token& following = peek_non_space();
      NodePtr node = make(NodeKind::kElse, following.offset);
      // "else if" stands for an if in the else branch: who reads the branch takes the word.
      if (following.kind == TokenKind::kIf || following.kind == TokenKind::kWith) return node;
      return expect_right("else") ? std::move(node) : nullptr;
    }
    case TokenKind::kClose:
      return expect_right("end") ? make(NodeKind::kEnd, token.offset) : nullptr;
    case TokenKind::kIf:
      return control(NodeKind::kIf, "if");
    case TokenKind::kRange:
      return control(NodeKind::kRange, "range");
    case TokenKind::kTemplate:
      return template_call();
    case TokenKind::kWith:
      return control(NodeKind::kWith, "with");
    default:
      break;
  }
  NodePtr node = make(NodeKind::kAction, token.offset);
  back(token);
  node->pipe = pipeline("command", TokenKind::kRightDelimiter);
  return node->pipe ? std::move(node) : nullptr;
}

NodePtr Parser::jump(NodeKind kind, std::string_view word) {
  const Token token = next_non_space();
  if (token.kind != TokenKind::kRightDelimiter) return unexpected(token, word);
  if (scope_.ranges == 0) return fail(fmt::format("{} outside {{{{range}}}}", word));
  return make(kind, token.offset);
}

NodePtr Parser::control(NodeKind kind, std::string_view context) {
  const Level level(depth_);
  if (depth_ > kDeepest) return fail(fmt::format("blocks are nested more than {} deep", kDeepest));
  const std::size_t variables = scope_.variables.size();
  NodePtr node = make(kind, 0);
  node->pipe = pipeline(context, TokenKind::kRightDelimiter);
  if (!node->pipe) return nullptr;
  node->offset = node->pipe->offset;
  if (kind == NodeKind::kRange) ++scope_.ranges;
  NodePtr end;
  node->body = statements(end);
  if (kind == NodeKind::kRange) --scope_.ranges;
  if (!node->body) return nullptr;
  if (end->kind == NodeKind::kElse && !else_branch(*node, context)) return nullptr;
  scope_.variables.resize(variables);
  return node;
}

bool Parser::else_branch(Node& node, std::string_view context) {
  const TokenKind word = peek().kind;
  if ((node.kind == NodeKind::kIf && word == TokenKind::kIf) ||
      (node.kind == NodeKind::kWith && word == TokenKind::kWith)) {
    next();
    NodePtr inside = control(node.kind, context);
    if (!inside) return false;
    node.otherwise = make(NodeKind::kList, inside->offset);
    node.otherwise->children.push_back(std::move(inside));
    return true;
  }
  NodePtr end;
  node.otherwise = statements(end);
  if (node.otherwise && end->kind != NodeKind::kEnd) fail("expected end; found " + text_of(*end));
  return !failed_;
}

/// "$x :=", "$x =" and, in range, "$i, $x :=".
bool Parser::declarations(Node& pipe, std::string_view context) {
  while (peek_non_space().kind == TokenKind::kVariable) {
    // A variable that nothing is assigned to belongs to the first command, and so does the space after it.
    std::size_t ahead = 1;
    while (peek(ahead).kind == TokenKind::kSpace) ++ahead;
    const Token& following = peek(ahead);
    const bool comma = following.kind == TokenKind::kOther && following.text == ",";
    if (!comma && following.kind != TokenKind::kAssign && following.kind != TokenKind::kDeclare) return true;
    pipe.assigns = following.kind == TokenKind::kAssign;
    const std::string name = next().text;
    next_non_space();
    pipe.names.push_back(name);
    scope_.variables.push_back(name);
    if (!comma) return true;
    if (context != "range" || pipe.names.size() >= 2) {
      fail(fmt::format("too many declarations in {}", context));
      return false;
    }
    const TokenKind after = peek_non_space().kind;
    if (after != TokenKind::kVariable && after != TokenKind::kRightDelimiter && after != TokenKind::kRightParenthesis) {
      fail("range can only initialize variables");
      return false;
    }
  }
  return true;
}

NodePtr Parser::pipeline(std::string_view context, TokenKind end) {
  NodePtr pipe = make(NodeKind::kPipe, peek_non_space().offset);
  if (!declarations(*pipe, context)) return nullptr;
  for (;;) {
    const Token& token = peek_non_space();
    if (token.kind == end) break;
    const bool begins_command =
        (token.kind >= TokenKind::kBool && token.kind <= TokenKind::kNil) || token.kind == TokenKind::kLeftParenthesis;
    if (!begins_command) return unexpected(next(), context);
    NodePtr one = command();
    if (!one) return nullptr;
    pipe->children.push_back(std::move(one));
  }
  next();
  if (pipe->children.empty()) return fail(fmt::format("missing value for {}", context));
  for (std::size_t i = 1; i < pipe->children.size(); ++i) {
    switch (pipe->children[i]->children.front()->kind) {
      case NodeKind::kBool:
      case NodeKind::kDot:
      case NodeKind::kNil:
      case NodeKind::kNumber:
      case NodeKind::kString:
        return fail(fmt::format("non executable command in pipeline stage {}", i + 1));
      default:
        break;
    }
  }
  return pipe;
}

NodePtr Parser::command() {
  NodePtr node = make(NodeKind::kCommand, peek_non_space().offset);
  for (;;) {
    peek_non_space();
    NodePtr word = operand();
    if (failed_) return nullptr;
    if (word) node->children.push_back(std::move(word));
    const Token token = next();
    if (token.kind == TokenKind::kSpace) continue;
    if (token.kind == TokenKind::kRightDelimiter || token.kind == TokenKind::kRightParenthesis) {
      back(token);
    } else if (token.kind != TokenKind::kPipe) {
      return unexpected(token, "operand");
    }
    break;
  }
  return node->children.empty() ? fail("empty command") : std::move(node);
}

NodePtr Parser::operand() {
  NodePtr node = term();
  return node && peek().kind == TokenKind::kField ? with_fields(std::move(node)) : std::move(node);
}

NodePtr Parser::with_fields(NodePtr head) {
  const std::size_t offset = peek().offset;
  std::vector<std::string> fields;
  while (peek().kind == TokenKind::kField) fields.push_back(next().text.substr(1));
  switch (head->kind) {
    case NodeKind::kField:
    case NodeKind::kVariable:
      head->names.insert(head->names.end(), fields.begin(), fields.end());
      head->offset = offset;
      return head;
    case NodeKind::kBool:
    case NodeKind::kString:
    case NodeKind::kNumber:
    case NodeKind::kNil:
    case NodeKind::kDot:
      return fail("unexpected . after term " + quoted(text_of(*head)));
    default:
      break;
  }
  NodePtr chain = make(NodeKind::kChain, offset);
  chain->names = std::move(fields);
  chain->children.push_back(std::move(head));
  return chain;
}

/// Null without failure when no term begins here.
NodePtr Parser::term() {
  const Token& token = peek_non_space();
  const bool begins_term =
      (token.kind >= TokenKind::kBool && token.kind <= TokenKind::kNil) || token.kind == TokenKind::kLeftParenthesis;
  return begins_term ? term_of(next()) : nullptr;
}

NodePtr Parser::term_of(const Token& token) {
  const auto node = [&token](NodeKind kind) {
    NodePtr made = make(kind, token.offset);
    made->text = token.text;
    return made;
  };
  NodePtr made;
  switch (token.kind) {
    case TokenKind::kIdentifier:
      made = node(NodeKind::kIdentifier);
      made->function = find_function(token.text);
      return made->function == nullptr ? fail(fmt::format("function {} not defined", quoted(token.text)))
                                       : std::move(made);
    case TokenKind::kDot:
      return node(NodeKind::kDot);
    case TokenKind::kNil:
      return node(NodeKind::kNil);
    case TokenKind::kVariable:
      made = node(NodeKind::kVariable);
      made->names.push_back(token.text);
      if (std::ranges::find(scope_.variables, token.text) == scope_.variables.end()) {
        return fail("undefined variable " + quoted(token.text));
      }
      return made;
    case TokenKind::kField:
      made = node(NodeKind::kField);
      made->names.push_back(token.text.substr(1));
      return made;
    case TokenKind::kBool:
      made = node(NodeKind::kBool);
      made->truth = token.text == "true";
      return made;
    case TokenKind::kCharacter:
    case TokenKind::kComplex:
    case TokenKind::kNumber: {
      made = node(NodeKind::kNumber);
      auto number = parse_number(token.text);
      if (!number) return fail(number.error().text());
      made->number = *number;
      return made;
    }
    case TokenKind::kLeftParenthesis: {
      const Level level(depth_);
      if (depth_ > kDeepest) return fail("max expression depth exceeded");
      return pipeline("parenthesized pipeline", TokenKind::kRightParenthesis);
    }
    default: {
      made = node(NodeKind::kString);
      auto content = unquoted(token.text);
      if (!content) return fail("invalid syntax");
      made->unquoted = *std::move(content);
      return made;
    }
  }
}

}  // namespace

base::Result<Tree> parse_template(std::string name, std::string_view text) {
  Tree tree;
  tree.name = std::move(name);
  tree.text = text;
  Parser parser(tree);
  const auto parsed = parser.parse();
  if (!parsed) return parsed.error();
  return tree;
}

}  // namespace tandem::templates
