#pragma once

// The rule language of routers: text to syntax tree. A rule is an expression of Go's grammar, restricted to matcher
// calls,
// `&&`, `||`, `!` and parentheses (Traefik options http.routers.<n>.rule and tcp.routers.<n>.rule). What a matcher
// means is not known here. Pure functions over values: any thread, the caller owns what is returned.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tandem::rule {

using base::Result;

/// Which set of matchers a rule is written for (router option `ruleSyntax`; every value but "v2" means v3).
enum class Syntax : std::uint8_t { kV2, kV3 };

[[nodiscard]] Syntax syntax_named(std::string_view name);

/// One call of a matcher.
struct Matcher {
  std::string name;                    ///< canonical spelling: PathPrefix for pathprefix, PATHPREFIX and Pathprefix
  std::vector<std::string> arguments;  ///< unquoted; at least one, none empty
  std::uint32_t offset = 0;            ///< bytes from the start of the rule to the matcher's name

  bool operator==(const Matcher&) const = default;
};

/// A rule's tree. Negations are pushed down to the leaves (De Morgan), and a chain of the same operator is one node.
struct Node {
  enum class Kind : std::uint8_t { kMatcher, kAnd, kOr };

  Kind kind = Kind::kMatcher;
  bool negated = false;        ///< kMatcher only: the leaf holds when the matcher does not
  Matcher matcher;             ///< kMatcher only
  std::vector<Node> children;  ///< kAnd and kOr: at least two, in the order of the text

  bool operator==(const Node&) const = default;
};

/// Longest rule that is read, and deepest nesting of parentheses, calls and negations: keeps hostile rules from
/// exhausting memory or stack. Trees are at most this deep, so they may be walked recursively.
inline constexpr std::size_t kMaxRuleBytes = 64 * 1024;
inline constexpr int kMaxRuleDepth = 128;

/// What the caller checks of a matcher beyond the language: called for each leaf from left to right, after the
/// language's own checks of that leaf, so that of several errors the first one in the text is reported.
using LeafCheck = std::function<Result<void>(const Matcher&)>;

/// Reads a rule of an HTTP router. The error is the whole sentence that the API shows for the router.
Result<Node> parse_http(std::string_view text, Syntax syntax, const LeafCheck& check = {});

/// Reads a rule of a TCP router. The error is the whole sentence that the API shows for the router.
Result<Node> parse_tcp(std::string_view text, Syntax syntax, const LeafCheck& check = {});

/// The values of Host, HostHeader (v2) and HostSNI in the order of the text, in lower case, also those that are negated
/// or in alternatives. These are the names a router's TLS options and certificates are chosen by.
[[nodiscard]] std::vector<std::string> domains(const Node& tree);

/// Priority of a router that sets none: the rule's length in bytes.
[[nodiscard]] std::int64_t default_http_priority(std::string_view rule);

/// As default_http_priority, but a rule that is nothing but HostSNI(`*`) has -1: below every other one.
[[nodiscard]] std::int64_t default_tcp_priority(std::string_view rule, const Node& tree);

/// True for a tree that is the single leaf HostSNI(`*`), not negated.
[[nodiscard]] bool is_tcp_catch_all(const Node& tree);

/// The tree as an s-expression: (and (Host "a") (not (Path "/x"))).
[[nodiscard]] std::string to_text(const Node& tree);

}  // namespace tandem::rule
