#include "config/rule/evaluation.h"

#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "config/rule/literal.h"

namespace tandem::rule {
namespace {

using Kind = Expression::Kind;
using Index = Expression::Index;

struct Integer {};
struct Float {};
using Value = std::variant<std::string, Integer, Float, Node>;

base::Error invalid(std::string message) { return {base::ErrorKind::kInvalid, std::move(message)}; }

// The names that users know these types by from error texts.
std::string_view type_of(const Value& value) {
  static constexpr std::string_view kNames[] = {"string", "int", "float64", "rules.TreeBuilder"};
  return kNames[value.index()];
}

base::Error not_a_tree(const Value& value) {
  return invalid(fmt::format("reflect: Call using {} as type {}", type_of(value), type_of(Node{})));
}

void append(std::vector<Node>& children, Node node, Node::Kind kind) {
  if (node.kind == kind) {
    children.insert(children.end(), std::make_move_iterator(node.children.begin()),
                    std::make_move_iterator(node.children.end()));
  } else {
    children.push_back(std::move(node));
  }
}

class Evaluator {
 public:
  Evaluator(const ExpressionTree& tree, Protocol protocol, Syntax syntax)
      : tree_(tree), protocol_(protocol), syntax_(syntax) {}

  Result<Value> whole(Index index, bool negated);

 private:
  Result<Value> chain(Index index, bool negated);
  Result<Value> join(TokenKind op, Value left, Value right, bool negated) const;
  Result<Value> negation(const Expression& of, bool negated);
  Result<Value> argument(Index index, bool negated);
  Result<Value> call(const Expression& of, bool negated);
  Result<std::string> called_name(Index callee) const;
  base::Error undefined(const Expression& name) const;

  const ExpressionTree& tree_;
  Protocol protocol_;
  Syntax syntax_;
};

// `negated`: an odd number of `!` stands before this part; it is carried to the leaves on the way down.
Result<Value> Evaluator::whole(Index index, bool negated) {
  while (tree_.at(index).kind == Kind::kParenthesized) index = tree_.at(index).left;
  const Expression& expression = tree_.at(index);
  if (expression.kind == Kind::kBinary) return chain(index, negated);
  if (expression.kind == Kind::kUnary) return negation(expression, negated);
  return argument(index, negated);
}

// A chain leans to the left and may be as long as the text: it is walked in a loop.
Result<Value> Evaluator::chain(Index index, bool negated) {
  std::vector<Index> joints;
  for (; tree_.at(index).kind == Kind::kBinary; index = tree_.at(index).left) joints.push_back(index);
  Result<Value> left = whole(index, negated);
  for (; left && !joints.empty(); joints.pop_back()) {
    const Expression& joint = tree_.at(joints.back());
    Result<Value> right = whole(joint.right, negated);
    if (!right) return right;
    left = join(joint.token, std::move(*left), std::move(*right), negated);
  }
  return left;
}

Result<Value> Evaluator::join(TokenKind op, Value left, Value right, bool negated) const {
  if (op != TokenKind::kLogicalAnd && op != TokenKind::kLogicalOr) {
    return invalid(fmt::format("{} is not supported", spelling(op)));
  }
  if (!std::holds_alternative<Node>(left)) return not_a_tree(left);
  if (!std::holds_alternative<Node>(right)) return not_a_tree(right);
  const Node::Kind kind = (op == TokenKind::kLogicalAnd) != negated ? Node::Kind::kAnd : Node::Kind::kOr;
  Node joined = std::get<Node>(std::move(left));
  if (joined.kind != kind) {
    Node parent;
    parent.kind = kind;
    parent.children.push_back(std::move(joined));
    joined = std::move(parent);
  }
  append(joined.children, std::get<Node>(std::move(right)), kind);
  return Value(std::move(joined));
}

Result<Value> Evaluator::negation(const Expression& of, bool negated) {
  if (of.token != TokenKind::kNot) return invalid(fmt::format("{} is not supported", spelling(of.token)));
  Result<Value> operand = whole(of.left, !negated);
  if (operand && !std::holds_alternative<Node>(*operand)) return not_a_tree(*operand);
  return operand;
}

Result<Value> Evaluator::argument(Index index, bool negated) {
  const Expression& expression = tree_.at(index);
  switch (expression.kind) {
    case Kind::kLiteral:
      if (expression.token == TokenKind::kString) return Value(unquoted(expression.text));
      if (Result<void> number = check_number(expression.token, expression.text); !number)
        return std::move(number.error());
      return expression.token == TokenKind::kInteger ? Value(Integer{}) : Value(Float{});
    case Kind::kIdentifier:
    case Kind::kSelector:
      return undefined(expression);
    case Kind::kIndex:
      return invalid("properties are not supported");
    case Kind::kCall:
      return call(expression, negated);
    default:
      return invalid(fmt::format("{} is not supported", name_of(expression.kind)));
  }
}

base::Error Evaluator::undefined(const Expression& name) const {
  std::vector<std::string_view> parts;
  const Expression* part = &name;
  for (; part->kind == Kind::kSelector; part = &tree_.at(part->left)) parts.push_back(part->text);
  if (part->kind != Kind::kIdentifier)
    return invalid(fmt::format("unsupported selector type: {}", name_of(part->kind)));
  std::string full = part->text;
  for (; !parts.empty(); parts.pop_back()) full.append(".").append(parts.back());
  return invalid(full + " is not defined");
}

Result<std::string> Evaluator::called_name(Index callee) const {
  const Expression& expression = tree_.at(callee);
  if (expression.kind == Kind::kIdentifier) return expression.text;
  if (expression.kind != Kind::kSelector) {
    return invalid(fmt::format("expected identifier, got: {}", name_of(expression.kind)));
  }
  const Expression& left = tree_.at(expression.left);
  if (left.kind != Kind::kIdentifier) {
    return invalid(fmt::format("expected selector identifier, got: {}", name_of(left.kind)));
  }
  return left.text + "." + expression.text;
}

Result<Value> Evaluator::call(const Expression& of, bool negated) {
  const Result<std::string> written = called_name(of.left);
  if (!written) return written.error();
  const auto name = matcher_named(*written, protocol_, syntax_);
  if (!name) return invalid(fmt::format("unsupported function: {}", *written));
  std::vector<Value> values;
  for (const Index index : of.arguments) {
    Result<Value> value = argument(index, false);
    if (!value) return value;
    values.push_back(std::move(*value));
  }
  Node leaf{.negated = negated, .matcher = {.name = std::string(*name), .offset = of.offset}};
  for (Value& value : values) {
    if (!std::holds_alternative<std::string>(value)) {
      return invalid(fmt::format("reflect: cannot use {} as type string in Call", type_of(value)));
    }
    leaf.matcher.arguments.push_back(std::get<std::string>(std::move(value)));
  }
  return Value(std::move(leaf));
}

}  // namespace

Result<std::optional<Node>> evaluate(const ExpressionTree& expression, Protocol protocol, Syntax syntax) {
  Result<Value> value = Evaluator(expression, protocol, syntax).whole(expression.root, false);
  if (!value) return std::move(value.error());
  if (!std::holds_alternative<Node>(*value)) return std::optional<Node>();
  return std::optional<Node>(std::get<Node>(std::move(*value)));
}

}  // namespace tandem::rule
