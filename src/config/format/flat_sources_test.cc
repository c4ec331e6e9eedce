// Flags, environment, labels and KV keys: the sources that are flat lists of keys.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/format/decode.h"
#include "config/format/decode_test.h"
#include "config/format/environment.h"
#include "config/format/flags.h"
#include "config/format/json.h"
#include "config/format/kv.h"
#include "config/format/labels.h"

namespace tandem::format {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Words = std::vector<std::string>;
using Pairs = std::vector<std::pair<std::string, std::string>>;

const Schema& schema() { return schema_of<testing::Root>(); }
std::string flags(const Words& words) {
  const auto out = parse_flags(words, schema());
  return out ? serialize_json(out->tree) : out.error().text();
}
std::string environment(const Words& variables) {
  const auto out = parse_environment(variables, schema());
  return out ? serialize_json(*out) : out.error().text();
}
std::string labels(const Pairs& pairs) {
  constexpr std::array<std::string_view, 2> kFilters{"traefik.http", "traefik.tcp"};
  const auto out = parse_labels(pairs, "traefik", kFilters, "labels of x");
  return out ? serialize_json(*out) : out.error().text();
}
std::string kv(const Pairs& pairs, std::string_view root = "traefik") {
  constexpr std::array<std::string_view, 2> kSections{"http", "tls"};
  const auto out = parse_key_values(pairs, root, kSections, "etcd");
  return out ? serialize_json(*out) : out.error().text();
}

TEST(Flags, TakeValuesAfterEqualsSignOrAsNextWord) {
  EXPECT_EQ(flags({"--entrypoints.web.address=a=b"}), R"({"entrypoints":{"web":{"address":"a=b"}}})");
  EXPECT_EQ(flags({"-log.level", "DEBUG"}), R"({"log":{"level":"DEBUG"}})");
  EXPECT_EQ(flags({"--log.level="}), R"({"log":{"level":""}})");
  EXPECT_EQ(flags({"--log.level"}), "flag needs an argument: -log.level");
  EXPECT_EQ(flags({"--log.level", "--api"}), R"({"log":{"level":"--api"}})");
  EXPECT_EQ(flags({"--entrypoints"}), "flag needs an argument: -entrypoints");
}

TEST(Flags, SwitchesNeverTakeTheNextWord) {
  const auto out = parse_flags(Words{"--api.insecure", "false", "--api"}, schema());
  EXPECT_EQ(serialize_json(out->tree), R"({"api":{"insecure":"true"}})");
  EXPECT_THAT(out->rest, ElementsAre("false", "--api"));
  EXPECT_EQ(flags({"--api", "--EntryPoints.web"}), R"({"EntryPoints":{"web":"true"},"api":"true"})");
  EXPECT_EQ(flags({"--api", "--api.insecure"}), R"({"api":{"":"true","insecure":"true"}})");
}

TEST(Flags, RepeatedListsGrowAndScalarsAreReplaced) {
  EXPECT_EQ(flags({"--entrypoints.w.names=a", "--entrypoints.w.names=b,c", "--log.level=A", "--log.level=B"}),
            R"({"entrypoints":{"w":{"names":"a,b,c"}},"log":{"level":"B"}})");
}

TEST(Flags, IndicesMakeLists) {
  EXPECT_EQ(flags({"--entrypoints.w.tls.domains[1].main=b", "--entrypoints.w.tls.domains[0].main=a"}),
            R"({"entrypoints":{"w":{"tls":{"domains":[{"main":"a"},{"main":"b"}]}}}})");
}

TEST(Flags, TwoSpellingsOfANameAreOne) {
  EXPECT_EQ(flags({"--entrypoints.web.address=a", "--entrypoints.WEB.asdefault=true"}),
            R"({"entrypoints":{"WEB":{"asdefault":"true","address":"a"}}})");
}

TEST(Flags, EndAtTwoDashesOrTheFirstOtherWord) {
  EXPECT_EQ(flags({"--", "--api"}), "{}");
  EXPECT_EQ(flags({"--api", "stop", "--log"}), R"({"api":"true"})");
  EXPECT_EQ(flags({"-"}), "{}");
}

TEST(Flags, RefuseBadSyntax) {
  EXPECT_EQ(flags({"---api"}), "bad flag syntax: ---api");
  EXPECT_EQ(flags({"--=x"}), "bad flag syntax: --=x");
  EXPECT_THAT(flags({"--a..b=1"}), HasSubstr("empty segment"));
  EXPECT_THAT(flags({"--a[x].b=1"}), HasSubstr("invalid index"));
  EXPECT_THAT(flags({"--a[=1"}), HasSubstr("invalid index"));
  std::string deep = "--a";
  for (int i = 0; i < 10'000; ++i) deep += ".a";
  EXPECT_THAT(flags({deep + "=1"}), HasSubstr("nested too deeply"));
}

TEST(Flags, UnknownNamesReachTheDecoderWithTheirFlag) {
  testing::Root root;
  Problems problems;
  decode(parse_flags(Words{"--log.levle=x"}, schema())->tree, root, problems);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].text(), "flag --log.levle: field not found, node: levle (did you mean \"level\"?)");
}

TEST(Environment, LowersNamesAndKeepsKnownRoots) {
  EXPECT_EQ(
      environment({"TRAEFIK_ENTRYPOINTS_Web_ADDRESS=:80", "TRAEFIK_NONSENSE=1", "PATH=/", "TRAEFIK=x", "TRAEFIK_="}),
      R"({"entrypoints":{"web":{"address":":80"}}})");
  EXPECT_EQ(environment({"TRAEFIK_LOGX=1"}), R"({"logx":"1"})") << "refused by the decoder, as Traefik does";
  EXPECT_EQ(environment({"HOME=/"}), "null");
  EXPECT_THAT(environment({"TRAEFIK_LOG__LEVEL=x"}), HasSubstr("TRAEFIK_LOG__LEVEL: empty segment"));
}

TEST(Environment, OwnPrefixWins) {
  EXPECT_EQ(environment({"TANDEM_LOG_LEVEL=A", "TRAEFIK_LOG_LEVEL=B", "TRAEFIK_API=true"}),
            R"({"api":"true","log":{"level":"A"}})");
}

TEST(Environment, DigitsAreIndicesOfLists) {
  testing::Root root;
  Problems problems;
  decode(*parse_environment(
             Words{"TRAEFIK_ENTRYPOINTS_W_TLS_DOMAINS_0_MAIN=a", "TRAEFIK_ENTRYPOINTS_W_TLS_DOMAINS_0_SANS=b, c",
                   "TRAEFIK_ENTRYPOINTS_W_TLS_DOMAINS_1_MAIN=d"},
             schema()),
         root, problems);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_THAT(root.entryPoints.at("w").tls->domains,
              ElementsAre(testing::Domain{"a", {"b", "c"}}, testing::Domain{"d", {}}));
}

TEST(Labels, BecomeATreeBelowTheRoot) {
  const std::string tree = labels({{"traefik.http.routers.Web.rule", "a && b.c"},
                                   {"traefik.http.routers.Web.tls", "true"},
                                   {"traefik.http.routers.Web.tls.domains[0].main", "x"},
                                   {"traefik.enable", "true"},
                                   {"other.http", "x"}});
  EXPECT_EQ(tree, R"({"http":{"routers":{"Web":{"rule":"a \u0026\u0026 b.c",)"
                  R"("tls":{"":"true","domains":[{"main":"x"}]}}}}})");
  EXPECT_EQ(labels({}), "{}");
}

TEST(Labels, OfAnotherRootOrWithHolesAreErrors) {
  EXPECT_EQ(labels({{"Traefik.http.routers.a.rule", "x"}}), "labels of x: invalid label root Traefik");
  EXPECT_THAT(labels({{"traefik.http..a", "x"}}), HasSubstr("labels of x: empty segment"));
}

TEST(KeyValues, BecomeATreeBelowTheRoot) {
  EXPECT_EQ(
      kv({{"traefik/http/routers/a/entryPoints/0", "web"}, {"traefik/http/routers/a/rule", "x"}, {"traefik/x/y", "z"}}),
      R"({"http":{"routers":{"a":{"entryPoints":{"0":"web"},"rule":"x"}}}})");
  EXPECT_EQ(kv({{"/a/b//HTTP/x/", "1"}, {"a/bc/http/x", "2"}}, "a/b"), R"({"HTTP":{"x":"1"}})");
  EXPECT_EQ(kv({}), "{}");
  std::string deep = "traefik/http";
  for (int i = 0; i < 10'000; ++i) deep += "/a";
  EXPECT_THAT(kv({{deep, "x"}}), HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace tandem::format
