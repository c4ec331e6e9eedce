#include "config/rule/syntax.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/rule/errors.h"

namespace tandem::rule {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Node http(std::string_view text, Syntax syntax = Syntax::kV3) {
  Result<Node> tree = parse_http(text, syntax);
  EXPECT_TRUE(tree) << tree.error().text();
  return tree ? *std::move(tree) : Node{};
}

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '(') + "Host(`a`)" +
         std::string(static_cast<std::size_t>(depth), ')');
}

TEST(Syntax, EveryNameButV2MeansV3) {
  EXPECT_EQ(syntax_named("v2"), Syntax::kV2);
  EXPECT_EQ(syntax_named("v3"), Syntax::kV3);
  EXPECT_EQ(syntax_named("v9"), Syntax::kV3);
  EXPECT_EQ(syntax_named(""), Syntax::kV3);
}

TEST(Syntax, MatcherKnowsWhereItStands) {
  const Node tree = http("Host(`a`) && !(Path(`/x`))");
  ASSERT_EQ(tree.children.size(), 2U);
  EXPECT_EQ(tree.children[0].matcher.offset, 0U);
  EXPECT_EQ(tree.children[1].matcher.offset, 15U);
  EXPECT_TRUE(tree.children[1].negated);
}

TEST(Syntax, LongChainIsOneNode) {
  std::string text = "Host(`a`)";
  while (text.size() + 13 < kMaxRuleBytes) text += " || Host(`b`)";
  EXPECT_GT(http(text).children.size(), 4000U);
}

TEST(Syntax, RefusesDeepNesting) {
  EXPECT_TRUE(parse_http(nested(100), Syntax::kV3));
  const Result<Node> deep = parse_http(nested(5000), Syntax::kV3);
  ASSERT_FALSE(deep);
  EXPECT_THAT(deep.error().text(), HasSubstr("1:129: exceeded max nesting depth"));
  for (const char* opening : {"!", "x[", "x{", "[]", "*", "<-", "f(", "map[", "x.(", "-", "chan "}) {
    std::string text;
    while (text.size() < 60000) text += opening;
    EXPECT_FALSE(parse_http(text, Syntax::kV3)) << opening;
  }
}

TEST(Syntax, SurvivesLongChainsOfEveryKind) {
  for (const char* link : {".b", "()", "[1]", "{}", "||a", "==a", "+a", ".(b)"}) {
    std::string text = "a";
    while (text.size() < 60000) text += link;
    EXPECT_FALSE(parse_http(text, Syntax::kV3)) << link;
    EXPECT_FALSE(parse_tcp(text, Syntax::kV2)) << link;
  }
}

TEST(Syntax, RefusesOverlongRule) {
  const Result<Node> tree = parse_http("Host(`" + std::string(kMaxRuleBytes, 'a') + "`)", Syntax::kV3);
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().kind(), base::ErrorKind::kLimit);
}

TEST(Syntax, ReportsTheFirstLeafThatIsWrong) {
  const LeafCheck refuse_paths = [](const Matcher& matcher) -> Result<void> {
    if (matcher.name != "Path") return {};
    return base::Error(base::ErrorKind::kInvalid, "no paths");
  };
  const auto error_of = [&](std::string_view text) {
    return parse_http(text, Syntax::kV3, refuse_paths).error().text();
  };
  EXPECT_THAT(error_of("Path(`/`) && Host(`a`, `b`)"), HasSubstr("error while adding rule Path: no paths"));
  EXPECT_THAT(error_of("Host(`a`, `b`) && Path(`/`)"), HasSubstr("error while adding rule Host: unexpected number"));
  EXPECT_THAT(error_of("Host(``) && Path(`/`)"), HasSubstr("error while checking rule Host: empty args"));
}

TEST(Syntax, TcpReportsWhatTheCheckerSays) {
  const LeafCheck refuse = [](const Matcher&) -> Result<void> { return base::Error(base::ErrorKind::kInvalid, "no"); };
  EXPECT_EQ(parse_tcp("HostSNI(`a`)", Syntax::kV3, refuse).error().text(), "error while adding rule HostSNI(`a`): no");
}

TEST(Domains, IncludeThoseInNegationsAndAlternatives) {
  EXPECT_THAT(domains(http("(Host(`A.test`) || !Host(`b.test`)) && Path(`/Host`)")), ElementsAre("a.test", "b.test"));
  EXPECT_THAT(domains(http("Host(`a`, `b`) || HostHeader(`c`)", Syntax::kV2)), ElementsAre("a", "b", "c"));
  EXPECT_THAT(domains(http("HostRegexp(`.*`)")), IsEmpty());
  EXPECT_THAT(domains(*parse_tcp("!HostSNI(`X`) && ClientIP(`::1`)", Syntax::kV3)), ElementsAre("x"));
}

TEST(DefaultPriority, IsTheLengthInBytes) {
  EXPECT_EQ(default_http_priority("Host(`example.org`)"), 19);
  EXPECT_EQ(default_http_priority("Host(`*`)"), 9);
  EXPECT_EQ(default_http_priority("Path(`/ü`)"), 11);
}

TEST(DefaultPriority, OfATcpRuleForEveryHostIsBelowAllOthers) {
  const auto priority = [](std::string_view text, Syntax syntax) {
    return default_tcp_priority(text, *parse_tcp(text, syntax));
  };
  EXPECT_EQ(priority("HostSNI(`*`)", Syntax::kV3), -1);
  EXPECT_EQ(priority("HostSNI(`*`)", Syntax::kV2), -1);
  EXPECT_EQ(priority("!HostSNI(`*`)", Syntax::kV3), 13);
  EXPECT_EQ(priority("HostSNI(`*`) && ALPN(`h2`)", Syntax::kV3), 26);
  EXPECT_EQ(priority("HostSNI(`a`)", Syntax::kV3), 12);
}

TEST(Errors, QuoteWhatWouldBeMisread) {
  EXPECT_EQ(quoted("a\"b\\c\nd\x01\xff"), R"("a\"b\\c\nd\x01\xff")");
  EXPECT_EQ(quoted("bücher\u200b"), "\"bücher\\u200b\"");
  EXPECT_EQ(domain_not_ascii_error("bücher.test"),
            "invalid domain name value \"bücher.test\", non-ASCII characters are not allowed");
  EXPECT_EQ(tcp_host_without_tls_error("HostSNI(`z.test`)"),
            "invalid rule: \"HostSNI(`z.test`)\" , has HostSNI matcher, but no TLS on router");
}

}  // namespace
}  // namespace tandem::rule
