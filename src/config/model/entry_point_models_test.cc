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

using Routers = EntryPointModels::Routers;

Routers merged(Merger& merger, std::string_view text) {
  return merger.merge({{"file", std::make_shared<const DynamicConfiguration>(dynamic_of(text))}})
      .configuration.http.routers;
}

Routers modelled(std::string_view dynamic_text, std::string_view static_text) {
  const auto configuration = static_of(static_text);
  Merger merger(default_entry_points(configuration));
  return EntryPointModels(configuration).apply(merged(merger, dynamic_text));
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
  const auto configuration = static_of(kPlain);
  EntryPointModels models(configuration);
  const auto dynamic = dynamic_of("http: {routers: {low@file: {rule: r, parentRefs: [top@file], tls: {}}}}");
  EXPECT_THAT(models.apply(dynamic.http.routers), IsEmpty());
  ASSERT_EQ(models.lost().size(), 1U);
  EXPECT_EQ(models.lost()[0].path, "http.routers.low@file");
}

/// Names of routers that are not the same objects as before.
std::vector<std::string> changed(const Routers& before, const Routers& now) {
  std::vector<std::string> names;
  Routers::compare(before, now,
                   [&](const auto* old, const auto* fresh) { names.push_back((fresh ? fresh : old)->first); });
  return names;
}

TEST(EntryPointModels, ChangeStepByStepAsTheyWouldAnew) {
  const auto configuration = static_of(kModels);
  Merger merger(default_entry_points(configuration));
  EntryPointModels models(configuration);
  for (const std::string_view text :
       {"http: {routers: {a: {rule: r}, b: {rule: s, entryPoints: [web]}}}",
        "http: {routers: {a: {rule: r}, b: {rule: s, entryPoints: [extra]}, c: {rule: t, tls: {}}}}",
        "http: {routers: {a: {rule: r}, c: {rule: t}, d: {rule: u, parentRefs: [a]}}}",
        "http: {routers: {web-a: {rule: x, entryPoints: [extra]}, a: {rule: r}, d: {rule: u, parentRefs: [a]}}}",
        "http: {routers: {web-a: {rule: x, entryPoints: [extra]}, a: {rule: r}}}", "http: {routers: {a: {rule: r2}}}",
        "http: {routers: {b: {rule: r, entryPoints: [], tls: {}}}}"}) {
    EXPECT_EQ(models.apply(merged(merger, text)), modelled(text, kModels)) << text;
  }
}

TEST(EntryPointModels, WhatDidNotChangeStaysTheSameObject) {
  const auto configuration = static_of(kModels);
  Merger merger(default_entry_points(configuration));
  EntryPointModels models(configuration);
  auto dynamic = dynamic_of("http: {routers: {a: {rule: r}, b: {rule: s, entryPoints: [web]}}}");
  const auto apply = [&] {
    return models.apply(
        merger.merge({{"file", std::make_shared<const DynamicConfiguration>(dynamic)}}).configuration.http.routers);
  };
  const Routers first = apply();
  dynamic.http.routers["b"].rule = "changed";
  const Routers second = apply();
  EXPECT_THAT(changed(first, second), ElementsAre("b@file"));
  dynamic.http.routers["c"] = {.parentRefs = {"b"}};
  EXPECT_THAT(changed(second, apply()), ElementsAre("c@file"));
}

}  // namespace
}  // namespace tandem::model
