#pragma once

// Predicate: a compiled rule, asked whether a request matches. Immutable, shared by all cores; owned by the routers
// that use it. MatchInput: what rules look at, for one request at one level of the router tree; lives on the caller's
// stack.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/rule/syntax.h"
#include "engine/net/address.h"
#include "protocol/http/exchange.h"
#include "proxy/match/regexp.h"

namespace tandem::match {

struct QueryPair {
  std::string_view key;
  std::string_view value;
};

class MatchInput {
 public:
  MatchInput(const http::Request& request, http::Exchange& exchange)
      : request(request), host(exchange.canonical_host), path(exchange.routing_path), exchange_(exchange) {}

  const http::Request& request;
  std::string_view host;
  std::string_view path;
  /// The decoded query (Go's url.ParseQuery, with ';' as a separator); pairs with malformed escapes are left out.
  std::span<const QueryPair> query();
  const std::optional<net::IpAddress>& peer();

 private:
  http::Exchange& exchange_;
  std::optional<std::span<const QueryPair>> query_;
  std::optional<std::optional<net::IpAddress>> peer_;
};

/// One question about a request.
struct Test {
  enum class Kind : std::uint8_t {
    kAlways,
    kNever,
    kHost,        ///< `text`: lower case, without final dot
    kHostSuffix,  ///< `text`: what must follow the first label, with its dot
    kHostRegexp,
    kPath,
    kPathPrefix,
    kPathRegexp,  ///< `text`: a literal prefix of all that match; may be empty
    kMethod,
    kHeader,  ///< a field `key` has the value `text`
    kHeaderPresent,
    kHeaderRegexp,
    kQuery,  ///< a pair `key` has the value `text`
    kQueryRegexp,
    kFirstQuery,  ///< "key=value" of the first pair `key` matches
    kClientIp,
  };
  Kind kind = Kind::kAlways;
  http::HeaderId header = http::HeaderId::kOther;
  std::string key;
  std::string text;
  Regexp regexp;
  net::IpPrefix network;

  bool holds(MatchInput& input) const;
};

class Predicate {
 public:
  struct Node {
    enum class Kind : std::uint8_t { kTest, kAll, kAny };
    Kind kind = Kind::kTest;
    bool negated = false;
    Test test;
    std::vector<Node> children;

    bool holds(MatchInput& input) const;
  };

  explicit Predicate(Node root) : root_(std::move(root)) {}
  bool holds(MatchInput& input) const { return root_.holds(input); }
  const Node& root() const { return root_; }

 private:
  Node root_;
};

/// Compiles a rule. The error is the sentence the API shows for the router, "error while parsing rule …".
base::Result<std::shared_ptr<const Predicate>> compile_rule(std::string_view text, rule::Syntax syntax);

}  // namespace tandem::match
