#pragma once

// TcpRule: a compiled rule of a TCP router, asked whether a connection matches. Immutable, shared by all cores; owned
// by the routers that use it. TcpMatchInput: what such rules look at, for one connection; lives on the caller's stack.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/rule/syntax.h"
#include "engine/net/address.h"
#include "proxy/match/regexp.h"

namespace tandem::match {

struct TcpMatchInput {
  std::string_view server_name;                 ///< SNI in lower case, without final dot; empty without TLS or name
  std::span<const std::string_view> protocols;  ///< what the client offers by ALPN
  net::IpAddress peer;
};

/// One question about a connection.
struct TcpTest {
  enum class Kind : std::uint8_t {
    kAlways,
    kHost,        ///< `text`: lower case, without final dot
    kHostSuffix,  ///< `text`: what must follow the first label, with its dot
    kHostRegexp,
    kProtocol,  ///< the client offers `text`
    kClientIp,
  };
  Kind kind = Kind::kAlways;
  std::string text;
  Regexp regexp;
  net::IpPrefix network;

  bool holds(const TcpMatchInput& input) const;
};

class TcpRule {
 public:
  struct Node {
    enum class Kind : std::uint8_t { kTest, kAll, kAny };
    Kind kind = Kind::kTest;
    bool negated = false;
    TcpTest test;
    std::vector<Node> children;

    bool holds(const TcpMatchInput& input) const;
  };

  TcpRule(Node root, bool catch_all) : root_(std::move(root)), catch_all_(catch_all) {}
  bool holds(const TcpMatchInput& input) const { return root_.holds(input); }
  /// The rule is nothing but HostSNI(`*`): HTTPS routers come before it.
  bool catch_all() const { return catch_all_; }

 private:
  Node root_;
  bool catch_all_;
};

/// What reading a rule gave, also when it is wrong.
struct TcpRuleReading {
  base::Result<std::shared_ptr<const TcpRule>> rule;  ///< the error is the sentence the API shows for the router
  std::vector<std::string> domains;                   ///< values of HostSNI in lower case, up to a wrong matcher
  std::int64_t priority = 0;                          ///< of a router that sets none
};
TcpRuleReading read_tcp_rule(std::string_view text, rule::Syntax syntax);

}  // namespace tandem::match
