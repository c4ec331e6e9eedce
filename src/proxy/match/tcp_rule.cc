#include "proxy/match/tcp_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "config/rule/errors.h"
#include "config/rule/template.h"
#include "proxy/match/assemble.h"

namespace tandem::match {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using Kind = TcpTest::Kind;
using Node = TcpRule::Node;

constexpr std::string_view kAcmeProtocol = "acme-tls/1";

Error refused(std::string message) { return {ErrorKind::kInvalid, std::move(message)}; }

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-' || c == ':';
}

bool is_host_name(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_name_character); }

TcpTest test_of(Kind kind, std::string text = {}) {
  TcpTest test;
  test.kind = kind;
  test.text = std::move(text);
  return test;
}

std::string host_text(std::string_view value) {
  std::string host = base::lower_case(value);
  if (host.ends_with('.')) host.pop_back();
  return host;
}

Result<TcpTest> host_test(std::string_view value, rule::Syntax syntax) {
  if (value == "*") return test_of(Kind::kAlways);
  const bool v2 = syntax == rule::Syntax::kV2;
  const bool wildcard = !v2 && value.starts_with("*.");
  if (!is_host_name(wildcard ? value.substr(2) : value)) {
    return refused(
        v2 ? fmt::format("invalid value for \"HostSNI\" matcher, {} is not a valid hostname or IP", rule::quoted(value))
           : fmt::format("invalid value for HostSNI matcher, {} is not a valid hostname", rule::quoted(value)));
  }
  if (wildcard) return test_of(Kind::kHostSuffix, host_text(value.substr(1)));
  return test_of(Kind::kHost, host_text(value));
}

Result<TcpTest> regexp_test(const std::string& value, rule::Syntax syntax) {
  if (!is_ascii(value)) {
    return refused(
        fmt::format("invalid value for HostSNIRegexp matcher, {} is not a valid hostname", rule::quoted(value)));
  }
  std::string expression = value;
  if (syntax == rule::Syntax::kV2) {
    auto whole = rule::host_template_to_regex(value);
    if (!whole) return whole.error();
    expression = std::move(*whole);
  }
  auto compiled = compile_regexp(expression);
  if (!compiled) {
    if (syntax == rule::Syntax::kV2) return compiled.error();
    return refused(fmt::format("compiling HostSNIRegexp matcher: {}", compiled.error().text()));
  }
  TcpTest test = test_of(Kind::kHostRegexp);
  test.regexp = std::move(*compiled);
  return test;
}

Result<TcpTest> client_ip_test(std::string_view value, rule::Syntax syntax) {
  auto network = net::IpPrefix::parse(value);
  if (!network) {
    const std::string_view about = syntax == rule::Syntax::kV2
                                       ? "could not initialize IP Checker for \"ClientIP\" matcher"
                                       : "initializing IP checker for ClientIP matcher";
    return refused(fmt::format("{}: parsing CIDR trusted IPs <nil>: invalid CIDR address: {}", about, value));
  }
  TcpTest test = test_of(Kind::kClientIp);
  test.network = *network;
  return test;
}

Result<TcpTest> one_test(const std::string& name, const std::string& value, rule::Syntax syntax) {
  if (name == "HostSNI") return host_test(value, syntax);
  if (name == "HostSNIRegexp") return regexp_test(value, syntax);
  if (name == "ClientIP") return client_ip_test(value, syntax);
  if (value == kAcmeProtocol) {
    return refused(fmt::format("invalid protocol value for {} matcher, {} is not allowed",
                               syntax == rule::Syntax::kV2 ? "\"ALPN\"" : "ALPN", rule::quoted(value)));
  }
  return test_of(Kind::kProtocol, value);
}

Result<Node> leaf_of(const rule::Matcher& matcher, rule::Syntax syntax) {
  std::vector<Node> tests;
  for (const std::string& value : matcher.arguments) {
    auto test = one_test(matcher.name, value, syntax);
    if (!test) return test.error();
    tests.push_back({.kind = Node::Kind::kTest, .negated = false, .test = std::move(*test), .children = {}});
  }
  return group(Node::Kind::kAny, std::move(tests));
}

bool suffix_holds(std::string_view host, std::string_view suffix) {
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot > 0 && host.substr(dot) == suffix;
}

}  // namespace

bool TcpTest::holds(const TcpMatchInput& input) const {
  switch (kind) {
    case Kind::kAlways:
      return true;
    case Kind::kHost:
      return !input.server_name.empty() && input.server_name == text;
    case Kind::kHostSuffix:
      return suffix_holds(input.server_name, text);
    case Kind::kHostRegexp:
      return regexp->Match(re2::StringPiece(input.server_name.data(), input.server_name.size()), 0,
                           input.server_name.size(), re2::RE2::UNANCHORED, nullptr, 0);
    case Kind::kProtocol:
      return std::ranges::find(input.protocols, text) != input.protocols.end();
    case Kind::kClientIp:
      return network.contains(input.peer);
  }
  return false;
}

bool TcpRule::Node::holds(const TcpMatchInput& input) const {
  bool result = false;
  const auto child_holds = [&input](const Node& child) { return child.holds(input); };
  switch (kind) {
    case Kind::kTest:
      result = test.holds(input);
      break;
    case Kind::kAll:
      result = std::ranges::all_of(children, child_holds);
      break;
    case Kind::kAny:
      result = std::ranges::any_of(children, child_holds);
      break;
  }
  return result != negated;
}

TcpRuleReading read_tcp_rule(std::string_view text, rule::Syntax syntax) {
  TcpRuleReading reading{
      .rule = std::shared_ptr<const TcpRule>(), .domains = {}, .priority = rule::default_http_priority(text)};
  std::vector<Node> leaves;
  const auto check = [&](const rule::Matcher& matcher) -> Result<void> {
    if (matcher.name == "HostSNI") {
      for (const std::string& name : matcher.arguments) reading.domains.push_back(base::lower_case(name));
    }
    auto node = leaf_of(matcher, syntax);
    if (!node) return node.error();
    leaves.push_back(std::move(*node));
    return {};
  };
  auto tree = rule::parse_tcp(text, syntax, check);
  if (!tree) {
    reading.rule = tree.error();
    return reading;
  }
  reading.priority = rule::default_tcp_priority(text, *tree);
  std::size_t at = 0;
  reading.rule = std::make_shared<const TcpRule>(assemble(*tree, leaves, at), rule::is_tcp_catch_all(*tree));
  return reading;
}

}  // namespace tandem::match
