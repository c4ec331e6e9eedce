#include "config/model/entry_point_models.h"

#include <gmock/gmock.h>

#include "config/model/effective.h"
#include "config/model/merge.h"
#include "config/model/testdata.h"

namespace tandem::model {
namespace {

using testdata::dynamic_of;
using testdata::static_of;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;

std::map<std::string, HttpRouter> modelled(std::string_view dynamic_text, std::string_view static_text) {
  const auto configuration = static_of(static_text);
  const std::vector<ProviderConfiguration> providers{{"file", dynamic_of(dynamic_text)}};
  auto merged = merge(providers, default_entry_points(configuration));
  apply_models(merged.configuration, configuration);
  return merged.configuration.http.routers;
}

constexpr std::string_view kPlain = "entryPoints: {extra: {address: ':3'}, web: {address: ':1'}}";
constexpr std::string_view kModels = R"(
entryPoints:
  web: {address: ":1", http: {middlewares: [outer@file, gate@file]}, observability: {accessLogs: false, tracing: false}}
  websecure: {address: ":2", http: {middlewares: [gate@file], tls: {domains: [{main: a.test}]}}}
  extra: {address: ":3"}
)";

TEST(EntryPointModels, WithoutModelsRoutersKeepNameAndEntryPoints) {
  const auto routers = modelled("http: {routers: {a: {rule: r}}}", kPlain);
  EXPECT_THAT(routers, ElementsAre(Key("a@file")));
  EXPECT_THAT(routers.at("a@file").entryPoints, ElementsAre("extra", "web"));
  EXPECT_EQ(routers.at("a@file").observability,
            (Observability{.accessLogs = true, .metrics = true, .tracing = true, .traceVerbosity = "minimal"}));
}

TEST(EntryPointModels, RouterOnSeveralEntryPointsIsSplit) {
  const auto routers = modelled(
      "http: {routers: {three: {rule: r, middlewares: [inner], entryPoints: [web, websecure, extra]}}}", kModels);
  EXPECT_THAT(routers, ElementsAre(Key("three@file"), Key("web-three@file"), Key("websecure-three@file")));
  EXPECT_THAT(routers.at("three@file").entryPoints, ElementsAre("extra"));
  EXPECT_THAT(routers.at("three@file").middlewares, ElementsAre("inner"));
  EXPECT_THAT(routers.at("web-three@file").middlewares, ElementsAre("outer@file", "gate@file", "inner"));
  EXPECT_FALSE(routers.at("web-three@file").tls);
  EXPECT_EQ(routers.at("web-three@file").observability,
            (Observability{.accessLogs = false, .metrics = true, .tracing = false, .traceVerbosity = "minimal"}));
  EXPECT_EQ(routers.at("websecure-three@file").tls->domains.at(0).main, "a.test");
}

TEST(EntryPointModels, RouterOnOneEntryPointKeepsItsNameAndItsOwnValues) {
  const auto routers = modelled(
      "http: {routers: {one: {rule: r, entryPoints: [web], observability: {accessLogs: true, metrics: false}},"
      " own: {rule: r, entryPoints: [websecure], tls: {options: mine}}}}",
      kModels);
  EXPECT_THAT(routers, ElementsAre(Key("one@file"), Key("own@file")));
  EXPECT_EQ(routers.at("one@file").observability,
            (Observability{.accessLogs = true, .metrics = false, .tracing = false, .traceVerbosity = "minimal"}));
  EXPECT_EQ(routers.at("own@file").tls->options, "mine");
}

TEST(EntryPointModels, ChildrenFollowTheirParentsAndTakeNothing) {
  const auto routers = modelled(
      "http: {routers: {top: {rule: r, entryPoints: [web, extra]}, low: {rule: r, parentRefs: [top]}}}", kModels);
  EXPECT_THAT(routers.at("low@file").parentRefs, ElementsAre("web-top@file", "top@file"));
  EXPECT_FALSE(routers.at("low@file").observability);
  EXPECT_THAT(routers.at("low@file").middlewares, IsEmpty());
}

TEST(EntryPointModels, UnknownParentIsLostOnlyWhereModelsExist) {
  constexpr std::string_view kOrphan = "http: {routers: {low: {rule: r, parentRefs: [nobody]}}}";
  EXPECT_THAT(modelled(kOrphan, kModels).at("low@file").parentRefs, IsEmpty());
  EXPECT_THAT(modelled(kOrphan, kPlain).at("low@file").parentRefs, ElementsAre("nobody@file"));
}

TEST(EntryPointModels, DefaultRuleSyntaxGoesToRoutersThatNameNone) {
  const auto routers =
      modelled("http: {routers: {old: {rule: r, entryPoints: [web]}, new: {rule: r, ruleSyntax: v3}}}",
               "{core: {defaultRuleSyntax: v2}, entryPoints: {web: {address: ':1'}, alt: {address: ':2'}}}");
  EXPECT_THAT(routers, ElementsAre(Key("alt-new@file"), Key("old@file"), Key("web-new@file")));
  EXPECT_EQ(routers.at("old@file").ruleSyntax, "v2");
  EXPECT_EQ(routers.at("web-new@file").ruleSyntax, "v3");
}

TEST(EntryPointModels, EncodedCharactersReachTheRouter) {
  const auto routers =
      modelled("http: {routers: {a: {rule: r}}}",
               "entryPoints: {web: {address: ':1', http: {encodedCharacters: {allowEncodedSlash: false}}}}");
  EXPECT_FALSE(routers.at("a@file").deniedEncodedPathCharacters->allowEncodedSlash);
}

TEST(EntryPointModels, TlsWithoutEntryPointsFallsOutWithANote) {
  DynamicConfiguration dynamic = dynamic_of("http: {routers: {low@file: {rule: r, parentRefs: [top@file], tls: {}}}}");
  const auto lost = apply_models(dynamic, static_of(kPlain));
  EXPECT_THAT(dynamic.http.routers, IsEmpty());
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].path, "http.routers.low@file");
}

}  // namespace
}  // namespace tandem::model
