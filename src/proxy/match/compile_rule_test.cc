#include <gtest/gtest.h>

#include <string>

#include "proxy/match/fixture.h"

namespace tandem::match {
namespace {

std::string error_of(std::string_view rule, rule::Syntax syntax = rule::Syntax::kV3) {
  auto compiled = compile_rule(rule, syntax);
  return compiled ? "none" : compiled.error().text();
}

std::string added(std::string_view rule, std::string_view matcher, std::string_view cause) {
  return fmt::format("error while parsing rule {0}: adding rule {0}: error while adding rule {1}: {2}", rule, matcher,
                     cause);
}

bool holds(std::string_view rule, Asked&& asked, rule::Syntax syntax = rule::Syntax::kV3) {
  auto compiled = compile_rule(rule, syntax);
  EXPECT_TRUE(compiled) << rule;
  return compiled && rule_holds(**compiled, asked);
}

bool holds_v2(std::string_view rule, Asked&& asked) { return holds(rule, std::move(asked), rule::Syntax::kV2); }

TEST(RuleV3, HostIgnoresOneFinalDotOnEitherSide) {
  EXPECT_TRUE(holds("Host(`Example.test`)", Asked("example.test", "/")));
  EXPECT_TRUE(holds("Host(`example.test`)", Asked("example.test.", "/")));
  EXPECT_TRUE(holds("Host(`example.test.`)", Asked("example.test", "/")));
  EXPECT_FALSE(holds("Host(`example.test`)", Asked("example.test..", "/")));
  EXPECT_FALSE(holds("Host(`example.test`)", Asked("www.example.test", "/")));
  EXPECT_FALSE(holds("Host(`.`)", Asked("", "/")));
}

TEST(RuleV3, StarInHostIsOneLabel) {
  EXPECT_TRUE(holds("Host(`*.shop.test`)", Asked("api.shop.test", "/")));
  EXPECT_TRUE(holds("Host(`*.shop.test`)", Asked(".shop.test", "/")));
  EXPECT_TRUE(holds("Host(`*.shop.test.`)", Asked("api.shop.test.", "/")));
  EXPECT_FALSE(holds("Host(`*.shop.test`)", Asked("shop.test", "/")));
  EXPECT_FALSE(holds("Host(`*.shop.test`)", Asked("a.b.shop.test", "/")));
  EXPECT_FALSE(holds("Host(`*shop.test`)", Asked("myshop.test", "/")));
  EXPECT_TRUE(holds("Host(`*`)", Asked("", "/")));
}

TEST(RuleV3, PathsAreComparedDecodedExceptReservedCharacters) {
  EXPECT_TRUE(holds("Path(`/a b`)", Asked("x", "/a%20b")));
  EXPECT_TRUE(holds("Path(`/a%2Fb`)", Asked("x", "/a%2Fb")));
  EXPECT_FALSE(holds("Path(`/a/b`)", Asked("x", "/a%2Fb")));
  EXPECT_FALSE(holds("Path(`/css`)", Asked("x", "/css/")));
  EXPECT_TRUE(holds("PathPrefix(`/css`)", Asked("x", "/cssx")));
  EXPECT_TRUE(holds("PathRegexp(`\\.(css|js)$`)", Asked("x", "/site/main.css")));
}

TEST(RuleV3, MethodIsUpperCasedInTheRuleOnly) {
  EXPECT_TRUE(holds("Method(`post`)", Asked("x", "/", "POST")));
  EXPECT_FALSE(holds("Method(`post`)", Asked("x", "/", "post")));
}

TEST(RuleV3, HeaderLooksAtEveryLine) {
  Asked asked("x", "/");
  asked.request.headers.add("X-Kind", "Small");
  asked.request.headers.add("X-Kind", "Big, One");
  asked.request.headers.add("User-Agent", "curl/8");
  EXPECT_TRUE(rule_holds(**compile_rule("Header(`x-kind`, `Big, One`)", rule::Syntax::kV3), asked));
  EXPECT_FALSE(rule_holds(**compile_rule("Header(`x-kind`, `Big`)", rule::Syntax::kV3), asked));
  EXPECT_TRUE(rule_holds(**compile_rule("HeaderRegexp(`user-agent`, `curl/[78]`)", rule::Syntax::kV3), asked));
  EXPECT_FALSE(rule_holds(**compile_rule("HeaderRegexp(`X-Other`, `.*`)", rule::Syntax::kV3), asked));
}

TEST(RuleV3, QueryLooksAtDecodedPairs) {
  EXPECT_TRUE(holds("Query(`debug`)", Asked("x", "/k?x=1&d%65bug=")));
  EXPECT_FALSE(holds("Query(`debug`)", Asked("x", "/k?debug=1")));
  EXPECT_TRUE(holds("Query(`q`, `a b&c`)", Asked("x", "/?q=a+b%26c")));
  EXPECT_TRUE(holds("Query(`lang`, `de`)", Asked("x", "/?x=%zz;lang=en&lang=de")));
  EXPECT_FALSE(holds("Query(`lang`, `de`)", Asked("x", "/?lang=%zz")));
  EXPECT_TRUE(holds("QueryRegexp(`id`, `^[0-9]+$`)", Asked("x", "/?id=x&id=7")));
  EXPECT_TRUE(holds("QueryRegexp(`id`)", Asked("x", "/?id")));
  EXPECT_FALSE(holds("QueryRegexp(`id`)", Asked("x", "/?id=1")));
}

TEST(RuleV3, ClientIpIsThePeer) {
  EXPECT_TRUE(holds("ClientIP(`10.0.0.0/8`)", Asked("x", "/", "GET", "10.1.2.3")));
  EXPECT_FALSE(holds("ClientIP(`10.0.0.0/8`)", Asked("x", "/", "GET", "2001:db8::1")));
  EXPECT_TRUE(holds("!ClientIP(`10.0.0.1`)", Asked("x", "/", "GET", "10.0.0.2")));
}

TEST(RuleV3, OperatorsBindAsInGo) {
  EXPECT_TRUE(holds("Path(`/1`) || Path(`/2`) && Method(`POST`)", Asked("x", "/1")));
  EXPECT_FALSE(holds("Path(`/1`) || Path(`/2`) && Method(`POST`)", Asked("x", "/2")));
  EXPECT_TRUE(holds("!(Path(`/x`) && Method(`POST`))", Asked("x", "/x")));
  EXPECT_FALSE(holds("!(Path(`/x`) || Method(`POST`))", Asked("x", "/x")));
}

TEST(RuleV3, RefusalsAreTraefiksSentences) {
  EXPECT_EQ(error_of("Host(`a`, `b`)"),
            added("Host(`a`, `b`)", "Host", "unexpected number of parameters; got 2, expected one of [1]"));
  EXPECT_EQ(error_of("Query(`a`, `b`, `c`)"),
            added("Query(`a`, `b`, `c`)", "Query", "unexpected number of parameters; got 3, expected one of [1 2]"));
  EXPECT_EQ(error_of("Path(`a`)"), added("Path(`a`)", "Path", "path \"a\" does not start with a '/'"));
  EXPECT_EQ(error_of("PathRegexp(`/(?!x)`)"),
            added("PathRegexp(`/(?!x)`)", "PathRegexp",
                  "compiling PathPrefix matcher: error parsing regexp: invalid or unsupported Perl syntax: `(?!`"));
  EXPECT_EQ(error_of("HostRegexp(`(a`)"),
            added("HostRegexp(`(a`)", "HostRegexp",
                  "compiling HostRegexp matcher: error parsing regexp: missing closing ): `(a`"));
  EXPECT_EQ(error_of("HeaderRegexp(`K`, `[z-a]`)"),
            added("HeaderRegexp(`K`, `[z-a]`)", "HeaderRegexp",
                  "compiling HeaderRegexp matcher: error parsing regexp: invalid character class range: `z-a`"));
  EXPECT_EQ(error_of("PathRegexp(`*x`)"),
            added("PathRegexp(`*x`)", "PathRegexp",
                  "compiling PathPrefix matcher: error parsing regexp: missing argument to repetition operator: `*`"));
  EXPECT_EQ(error_of("QueryRegexp(`k`, `(a)\\1`)"),
            added("QueryRegexp(`k`, `(a)\\1`)", "QueryRegexp",
                  "compiling QueryRegexp matcher: error parsing regexp: invalid escape sequence: `\\1`"));
  EXPECT_EQ(error_of("Host(`bücher.test`)"),
            added("Host(`bücher.test`)", "Host",
                  "invalid value \"bücher.test\" for Host matcher, non-ASCII characters are not allowed"));
}

TEST(RuleV2, ValuesAreAlternativesAndBracesPatterns) {
  EXPECT_TRUE(holds_v2("Host(`one.test`, `TWO.test`)", Asked("two.test", "/")));
  EXPECT_FALSE(holds_v2("Host(`*.star.test`)", Asked("x.star.test", "/")));
  EXPECT_TRUE(holds_v2("HostRegexp(`{sub:[a-z]+}.re.test`, `fix.test`)", Asked("abc.re.test", "/")));
  EXPECT_FALSE(holds_v2("HostRegexp(`{sub:[a-z]+}.re.test`)", Asked("x.abc.re.test", "/")));
  EXPECT_TRUE(holds_v2("Path(`/p1`, `/items/{id:[0-9]+}`)", Asked("x", "/items/12")));
  EXPECT_FALSE(holds_v2("Path(`/p1`, `/items/{id:[0-9]+}`)", Asked("x", "/items/12/x")));
  EXPECT_TRUE(holds_v2("PathPrefix(`/pre`, `/u/{name}/files`)", Asked("x", "/u/joe/files/x")));
  EXPECT_FALSE(holds_v2("!Method(`get`, `POST`)", Asked("x", "/", "POST")));
  EXPECT_TRUE(holds_v2("Query(`a=1`, `b={v:[0-9]+}`)", Asked("x", "/?b=22&a=1")));
  EXPECT_FALSE(holds_v2("Query(`a=1`, `b={v:[0-9]+}`)", Asked("x", "/?a=1&b=x")));
  EXPECT_TRUE(holds_v2("ClientIP(`10.0.0.1`, `127.0.0.0/8`)", Asked("x", "/")));
}

TEST(RuleV2, RefusalsAreTraefiksSentences) {
  const auto v2 = rule::Syntax::kV2;
  EXPECT_EQ(error_of("Path(`/x/{id`)", v2), added("Path(`/x/{id`)", "Path", "mux: unbalanced braces in \"/x/{id\""));
  EXPECT_EQ(error_of("PathPrefix(`/x/{id:}`)", v2),
            added("PathPrefix(`/x/{id:}`)", "PathPrefix", "mux: missing name or pattern in \"{id:}\""));
  EXPECT_EQ(error_of("Path(`x`)", v2), added("Path(`x`)", "Path", "mux: path must start with a slash, got \"x\""));
  EXPECT_EQ(error_of("Headers(`K`)", v2),
            added("Headers(`K`)", "Headers", "mux: number of parameters must be multiple of 2, got [K]"));
  EXPECT_EQ(error_of("ClientIP(`10.0.0.1`, `house`)", v2),
            added("ClientIP(`10.0.0.1`, `house`)", "ClientIP",
                  "could not initialize IP Checker for \"ClientIP\" matcher: parsing CIDR trusted IPs <nil>: invalid "
                  "CIDR address: house"));
}

TEST(RoutingPath, KeepsReservedEscapesAndRefusesMalformedOnes) {
  http::Arena arena;
  EXPECT_EQ(routing_path("/foo%20bar%2Fbaz%23qux", arena), "/foo bar%2Fbaz%23qux");
  EXPECT_EQ(routing_path("/plain", arena), "/plain");
  EXPECT_EQ(routing_path("/%zz", arena), std::nullopt);
  EXPECT_EQ(routing_path("/%2", arena), std::nullopt);
}

}  // namespace
}  // namespace tandem::match
