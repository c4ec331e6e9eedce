#include "config/rule/syntax.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "config/rule/errors.h"
#include "config/rule/evaluation.h"
#include "config/rule/expression.h"
#include "config/rule/matchers.h"

namespace tandem::rule {
namespace {

base::Error invalid(std::string message) { return {base::ErrorKind::kInvalid, std::move(message)}; }

// The tree; nothing for a bare value. The error is the bare reason.
Result<std::optional<Node>> read(std::string_view text, Protocol protocol, Syntax syntax) {
  Result<ExpressionTree> expression = parse_expression(text);
  if (!expression) return std::move(expression.error());
  return evaluate(*expression, protocol, syntax);
}

template <class Visit>
Result<void> visit_leaves(const Node& node, const Visit& visit) {
  if (node.kind == Node::Kind::kMatcher) return visit(node.matcher);
  for (const Node& child : node.children) {
    if (Result<void> result = visit_leaves(child, visit); !result) return result;
  }
  return {};
}

base::Error too_long(std::string_view text) {
  return {base::ErrorKind::kLimit, fmt::format("the rule has {} bytes, more than {}", text.size(), kMaxRuleBytes)};
}

Result<void> check_http_leaf(std::string_view text, Syntax syntax, const LeafCheck& check, const Matcher& matcher) {
  if (Result<void> result = check_arguments(matcher); !result) {
    return invalid(http_check_error(text, matcher.name, result.error().text()));
  }
  Result<void> result = check_arity(matcher, Protocol::kHttp, syntax);
  if (result && check) result = check(matcher);
  if (!result) return invalid(http_matcher_error(text, matcher.name, result.error().text()));
  return {};
}

Result<void> check_tcp_leaf(std::string_view text, Syntax syntax, const LeafCheck& check, const Matcher& matcher) {
  Result<void> result = check_arguments(matcher);
  if (result) result = check_arity(matcher, Protocol::kTcp, syntax);
  if (result && check) result = check(matcher);
  if (!result) return invalid(tcp_matcher_error(text, result.error().text()));
  return {};
}

void write(std::string& text, const Node& node) {
  if (node.kind != Node::Kind::kMatcher) {
    text += node.kind == Node::Kind::kAnd ? "(and" : "(or";
    for (const Node& child : node.children) {
      text += ' ';
      write(text, child);
    }
    text += ')';
    return;
  }
  if (node.negated) text += "(not ";
  text += '(';
  text += node.matcher.name;
  for (const std::string& argument : node.matcher.arguments) text.append(" ").append(quoted(argument));
  text += node.negated ? "))" : ")";
}

}  // namespace

Syntax syntax_named(std::string_view name) { return name == "v2" ? Syntax::kV2 : Syntax::kV3; }

Result<Node> parse_http(std::string_view text, Syntax syntax, const LeafCheck& check) {
  if (text.size() > kMaxRuleBytes) return too_long(text);
  Result<std::optional<Node>> tree = read(text, Protocol::kHttp, syntax);
  if (!tree) return invalid(http_parse_error(text, tree.error().text()));
  if (!*tree) return invalid(http_no_tree_error(text));
  const Result<void> checked =
      visit_leaves(**tree, [&](const Matcher& matcher) { return check_http_leaf(text, syntax, check, matcher); });
  if (!checked) return checked.error();
  return *std::move(*tree);
}

Result<Node> parse_tcp(std::string_view text, Syntax syntax, const LeafCheck& check) {
  if (text.size() > kMaxRuleBytes) return too_long(text);
  Result<std::optional<Node>> tree = read(text, Protocol::kTcp, syntax);
  if (!tree) return invalid(tcp_parse_error(text, tree.error().text()));
  if (!*tree) return invalid(tcp_parse_error(text, fmt::format("error while parsing rule {}", text)));
  const Result<void> checked =
      visit_leaves(**tree, [&](const Matcher& matcher) { return check_tcp_leaf(text, syntax, check, matcher); });
  if (!checked) return checked.error();
  return *std::move(*tree);
}

std::vector<std::string> domains(const Node& tree) {
  std::vector<std::string> found;
  const auto collect = [&found](const Matcher& matcher) -> Result<void> {
    if (matcher.name == "Host" || matcher.name == "HostHeader" || matcher.name == "HostSNI") {
      for (const std::string& name : matcher.arguments) found.push_back(base::lower_case(name));
    }
    return {};
  };
  (void)visit_leaves(tree, collect);
  return found;
}

std::int64_t default_http_priority(std::string_view rule) { return static_cast<std::int64_t>(rule.size()); }

std::int64_t default_tcp_priority(std::string_view rule, const Node& tree) {
  return is_tcp_catch_all(tree) ? -1 : default_http_priority(rule);
}

bool is_tcp_catch_all(const Node& tree) {
  return tree.kind == Node::Kind::kMatcher && !tree.negated && tree.matcher.name == "HostSNI" &&
         tree.matcher.arguments == std::vector<std::string>{"*"};
}

std::string to_text(const Node& tree) {
  std::string text;
  write(text, tree);
  return text;
}

}  // namespace tandem::rule
