// From a rule's syntax tree to its predicate: what each matcher of the rule syntaxes v3 and v2 means.

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <initializer_list>

#include "base/text.h"
#include "config/rule/errors.h"
#include "config/rule/template.h"
#include "proxy/match/assemble.h"
#include "proxy/match/predicate.h"

namespace tandem::match {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using Node = Predicate::Node;
using Kind = Test::Kind;

Error refused(std::string message) { return {ErrorKind::kInvalid, std::move(message)}; }

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

Node leaf(Test test) {
  return Node{.kind = Node::Kind::kTest, .negated = false, .test = std::move(test), .children = {}};
}

Test test_of(Kind kind, std::string text = {}) {
  Test test;
  test.kind = kind;
  test.text = std::move(text);
  return test;
}

Test header_test(Kind kind, std::string_view name, std::string text = {}) {
  Test test = test_of(kind, std::move(text));
  test.key = name;
  test.header = http::header_id(name);
  return test;
}

Result<Test> with_regexp(Test test, std::string_view expression) {
  auto compiled = compile_regexp(expression);
  if (!compiled) return compiled.error();
  test.regexp = std::move(*compiled);
  return test;
}

Test host_test(std::string_view value) {
  std::string host = base::lower_case(value);
  if (host.ends_with('.')) host.pop_back();
  const Kind kind = host.empty() ? Kind::kNever : Kind::kHost;
  return test_of(kind, std::move(host));
}

Result<Test> client_ip_test(std::string_view value, std::string_view about) {
  auto network = net::IpPrefix::parse(value);
  if (!network) return refused(fmt::format("{}invalid CIDR address: {}", about, value));
  Test test = test_of(Kind::kClientIp);
  test.network = *network;
  return test;
}

// Rule syntax v3.

Result<void> check_count(const rule::Matcher& matcher, std::initializer_list<std::size_t> allowed) {
  const std::size_t count = matcher.arguments.size();
  if (std::ranges::find(allowed, count) != allowed.end()) return {};
  return refused(
      fmt::format("unexpected number of parameters; got {}, expected one of [{}]", count, fmt::join(allowed, " ")));
}

Result<Test> v3_host(std::string_view value) {
  if (!is_ascii(value)) {
    return refused(
        fmt::format("invalid value {} for Host matcher, non-ASCII characters are not allowed", rule::quoted(value)));
  }
  if (value == "*") return test_of(Kind::kAlways);
  if (!value.starts_with('*')) return host_test(value);
  Test test = host_test(value.substr(1));
  test.kind = test.text.starts_with('.') ? Kind::kHostSuffix : Kind::kNever;
  return test;
}

Result<Test> v3_regexp(Test test, std::string_view expression, std::string_view named) {
  auto result = with_regexp(std::move(test), expression);
  if (!result) return refused(fmt::format("compiling {} matcher: {}", named, result.error().text()));
  return result;
}

Result<Test> v3_host_regexp(std::string_view value) {
  if (!is_ascii(value)) {
    return refused(fmt::format("invalid value {} for HostRegexp matcher, non-ASCII characters are not allowed",
                               rule::quoted(value)));
  }
  return v3_regexp(test_of(Kind::kHostRegexp), value, "HostRegexp");
}

Result<Test> v3_path(Kind kind, const std::string& value) {
  if (!value.starts_with('/')) return refused(fmt::format("path {} does not start with a '/'", rule::quoted(value)));
  return test_of(kind, value);
}

Result<Test> v3_query(const rule::Matcher& matcher, bool regexp) {
  const auto& arguments = matcher.arguments;
  const bool with_value = arguments.size() == 2;
  Test test = test_of(regexp && with_value ? Kind::kQueryRegexp : Kind::kQuery);
  test.key = arguments[0];
  if (!with_value) return test;
  if (regexp) return v3_regexp(std::move(test), arguments[1], "QueryRegexp");
  test.text = arguments[1];
  return test;
}

Result<Node> v3_matcher(const rule::Matcher& matcher) {
  const std::string& name = matcher.name;
  const auto& arguments = matcher.arguments;
  const bool about_header = name == "Header" || name == "HeaderRegexp";
  const bool about_query = name == "Query" || name == "QueryRegexp";
  const auto counted = about_header  ? check_count(matcher, {2})
                       : about_query ? check_count(matcher, {1, 2})
                                     : check_count(matcher, {1});
  if (!counted) return counted.error();

  Result<Test> test = refused(fmt::format("unsupported function: {}", name));
  const std::string& first = arguments[0];
  if (name == "Host") test = v3_host(first);
  if (name == "HostRegexp") test = v3_host_regexp(first);
  if (name == "Path") test = v3_path(Kind::kPath, first);
  if (name == "PathPrefix") test = v3_path(Kind::kPathPrefix, first);
  // Traefik names the wrong matcher here, and users search for that sentence.
  if (name == "PathRegexp") test = v3_regexp(test_of(Kind::kPathRegexp), first, "PathPrefix");
  if (name == "Method") test = test_of(Kind::kMethod, base::upper_case(first));
  if (name == "Header") test = header_test(Kind::kHeader, first, arguments[1]);
  if (name == "HeaderRegexp") test = v3_regexp(header_test(Kind::kHeaderRegexp, first), arguments[1], name);
  if (about_query) test = v3_query(matcher, name == "QueryRegexp");
  if (name == "ClientIP") test = client_ip_test(first, "");
  if (!test) return test.error();
  return leaf(std::move(*test));
}

// Rule syntax v2.

Result<Test> v2_host(const std::string& value) {
  if (!is_ascii(value)) {
    return refused(fmt::format("invalid value {} for \"Host\" matcher, non-ASCII characters are not allowed",
                               rule::quoted(value)));
  }
  return host_test(value);
}

/// Compiles what stands in the braces first: an error there is told with the variable's own expression.
Result<Test> v2_template(Test test, const std::string& value, std::string_view fallback, Result<std::string> whole) {
  if (!whole) return whole.error();
  auto variables = rule::template_variables(value, fallback);
  if (!variables) return variables.error();
  for (const std::string& variable : *variables) {
    auto compiled = compile_regexp(variable);
    if (!compiled) return compiled.error();
  }
  return with_regexp(std::move(test), *whole);
}

Result<Test> v2_host_regexp(const std::string& value) {
  if (!is_ascii(value)) {
    return refused(fmt::format("invalid value {} for HostRegexp matcher, non-ASCII characters are not allowed",
                               rule::quoted(value)));
  }
  return v2_template(test_of(Kind::kHostRegexp), value, "[^.]+", rule::host_template_to_regex(value));
}

Result<Test> v2_path(const std::string& value, bool prefix) {
  auto whole = rule::path_template_to_regex(value, prefix);
  if (!whole) return whole.error();
  const std::size_t brace = value.find('{');
  if (brace == std::string::npos) return test_of(prefix ? Kind::kPathPrefix : Kind::kPath, value);
  return v2_template(test_of(Kind::kPathRegexp, value.substr(0, brace)), value, "[^/]+", std::move(whole));
}

Result<Test> v2_query(const std::string& value) {
  Test test = test_of(Kind::kFirstQuery);
  const std::size_t equals = value.find('=');
  test.key = value.substr(0, equals);
  const std::string pattern = equals == std::string::npos ? std::string() : value.substr(equals + 1);
  return v2_template(std::move(test), pattern, ".*", rule::query_template_to_regex(value));
}

Result<Node> v2_headers(const rule::Matcher& matcher) {
  const auto& arguments = matcher.arguments;
  if (arguments.size() % 2 != 0) {
    return refused(fmt::format("mux: number of parameters must be multiple of 2, got {}", rule::bracketed(arguments)));
  }
  std::vector<Node> pairs;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    if (matcher.name == "Headers") {
      const Kind kind = arguments[i + 1].empty() ? Kind::kHeaderPresent : Kind::kHeader;
      pairs.push_back(leaf(header_test(kind, arguments[i], arguments[i + 1])));
      continue;
    }
    auto test = with_regexp(header_test(Kind::kHeaderRegexp, arguments[i]), arguments[i + 1]);
    if (!test) return test.error();
    pairs.push_back(leaf(std::move(*test)));
  }
  return group(Node::Kind::kAll, std::move(pairs));
}

Result<Test> v2_single(const std::string& name, const std::string& value) {
  if (name == "Host" || name == "HostHeader") return v2_host(value);
  if (name == "HostRegexp") return v2_host_regexp(value);
  if (name == "Path") return v2_path(value, false);
  if (name == "PathPrefix") return v2_path(value, true);
  if (name == "Method") return test_of(Kind::kMethod, base::upper_case(value));
  if (name == "Query") return v2_query(value);
  if (name == "ClientIP") {
    return client_ip_test(value,
                          "could not initialize IP Checker for \"ClientIP\" matcher: parsing CIDR trusted IPs <nil>: ");
  }
  return refused(fmt::format("unsupported function: {}", name));
}

Result<Node> v2_matcher(const rule::Matcher& matcher) {
  if (matcher.name == "Headers" || matcher.name == "HeadersRegexp") return v2_headers(matcher);
  std::vector<Node> tests;
  for (const std::string& value : matcher.arguments) {
    auto test = v2_single(matcher.name, value);
    if (!test) return test.error();
    tests.push_back(leaf(std::move(*test)));
  }
  return group(matcher.name == "Query" ? Node::Kind::kAll : Node::Kind::kAny, std::move(tests));
}

Result<Node> compile_matcher(const rule::Matcher& matcher, rule::Syntax syntax) {
  return syntax == rule::Syntax::kV2 ? v2_matcher(matcher) : v3_matcher(matcher);
}

}  // namespace

Result<std::shared_ptr<const Predicate>> compile_rule(std::string_view text, rule::Syntax syntax) {
  std::vector<Node> leaves;
  auto tree = rule::parse_http(text, syntax, [&leaves, syntax](const rule::Matcher& matcher) -> Result<void> {
    auto node = compile_matcher(matcher, syntax);
    if (!node) return node.error();
    leaves.push_back(std::move(*node));
    return {};
  });
  if (!tree) return tree.error();
  std::size_t at = 0;
  return std::make_shared<const Predicate>(assemble(*tree, leaves, at));
}

}  // namespace tandem::match
