#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/routing/contents.h"
#include "proxy/routing/fixture.h"

namespace tandem::routing {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(BuildSnapshot, LongerRulesComeFirstUnlessPrioritiesSayOtherwise) {
  Configured configured;
  configured.router("short", "PathPrefix(`/`)", "a@internal");
  configured.router("long", "PathPrefix(`/x`)", "b@internal");
  configured.router("raised", "Path(`/x/y`)", "c@internal").priority = 100;
  configured.router("lowered", "PathPrefix(`/x/y/z/long`)", "d@internal").priority = -1;
  configured.build();
  EXPECT_EQ(configured.ask("h", "/q"), "a");
  EXPECT_EQ(configured.ask("h", "/x"), "b");
  EXPECT_EQ(configured.ask("h", "/x/y"), "c");
  EXPECT_EQ(configured.ask("h", "/x/y/z/long"), "b");
  EXPECT_EQ(configured.priority("short"), 15);
  EXPECT_EQ(configured.priority("lowered"), -1);
}

TEST(BuildSnapshot, ProviderPrecedenceDecidesAmongEquals) {
  Configured configured;
  configured.static_configuration().providers.precedence = {"rest", "file"};
  configured.router("same", "Path(`/x`)", "a@internal");
  configured.dynamic.http.routers["same@rest"] = configured.dynamic.http.routers["same@file"];
  configured.dynamic.http.routers["same@rest"].service = "b@internal";
  configured.build();
  EXPECT_EQ(configured.ask("h", "/x"), "b");
}

TEST(BuildSnapshot, UserPrioritiesHaveACeiling) {
  Configured configured;
  configured.router("over", "Path(`/x`)").priority = 9223372036854774808;
  configured.build();
  EXPECT_THAT(configured.errors("over"), ElementsAre("the router priority 9223372036854774808 exceeds the max "
                                                     "user-defined priority 9223372036854774807"));
  EXPECT_EQ(configured.ask("h", "/x"), "404");
}

TEST(BuildSnapshot, UnknownEntryPointsWarnAndNoneDisables) {
  Configured configured;
  configured.router("half", "Path(`/half`)").entryPoints = {"nowhere", "web", "web"};
  configured.router("none", "Path(`/none`)").entryPoints = {"udp"};
  const Snapshot& snapshot = configured.build();
  EXPECT_EQ(configured.status("half"), Status::kWarning);
  EXPECT_THAT(configured.errors("half"), ElementsAre("entryPoint \"nowhere\" doesn't exist"));
  EXPECT_THAT(snapshot.router("half@file")->state->entry_points, ElementsAre("web"));
  EXPECT_EQ(configured.status("none"), Status::kDisabled);
  EXPECT_THAT(configured.errors("none"),
              ElementsAre("entryPoint \"udp\" doesn't exist", "no valid entryPoint for this router"));
  EXPECT_EQ(configured.priority("none"), 0);
}

TEST(BuildSnapshot, TlsRoutersServeTlsOnly) {
  Configured configured;
  configured.router("clear", "Path(`/s`)", "a@internal");
  configured.router("secure", "Path(`/s`)", "b@internal").tls.emplace();
  configured.router("unknown", "Path(`/u`)").tls.emplace().options = "nothing";
  const Snapshot& snapshot = configured.build();
  EXPECT_EQ(configured.ask("h", "/s"), "a");
  match::Asked asked("h", "/s");
  EXPECT_EQ(answer(snapshot.handler("web", Security::kTls), asked), "b");
  EXPECT_THAT(configured.errors("unknown"), ElementsAre("building router handler: unknown TLS options: nothing@file"));
}

TEST(BuildSnapshot, BrokenRoutersLeaveTheirRequestsToOthers) {
  Configured configured;
  configured.router("rest", "PathPrefix(`/`)", "b@internal");
  configured.router("service", "Path(`/1`)", "nothing").middlewares = {"nothing"};
  configured.router("middleware", "Path(`/2`)").middlewares = {"strip", "nothing"};
  configured.router("rule", "Hosts(`x`)");
  configured.router("without", "Path(`/4`)", "");
  configured.router("internal", "Path(`/5`)", "nothing@internal");
  configured.router("off", "Path(`/6`)", "rest@internal");
  configured.router("acme", "Path(`/7`)", "acme-http@internal");
  configured.middleware("strip").stripPrefix.emplace().prefixes = {"/2"};
  configured.build();
  for (const char* path : {"/1", "/2", "/3", "/4", "/5", "/6", "/7"}) EXPECT_EQ(configured.ask("h", path), "b");
  EXPECT_THAT(configured.errors("service"), ElementsAre("the service \"nothing@file\" does not exist"));
  EXPECT_THAT(configured.errors("middleware"), ElementsAre("middleware \"nothing@file\" does not exist"));
  EXPECT_THAT(configured.errors("rule"),
              ElementsAre("error while parsing rule Hosts(`x`): parsing rule Hosts(`x`): unsupported function: Hosts"));
  EXPECT_THAT(configured.errors("without"), ElementsAre("router has no service and no child routers",
                                                        "router must have either a service or child routers"));
  EXPECT_THAT(configured.errors("internal"), ElementsAre("unknown internal service nothing@internal"));
  EXPECT_THAT(configured.errors("off"), ElementsAre("rest is not enabled"));
  EXPECT_THAT(configured.errors("acme"), ElementsAre("HTTP challenge is not enabled"));
}

TEST(BuildSnapshot, ReferencesAreQualifiedByWhatFollowsTheFirstAt) {
  Configured configured;
  configured.router("at@docker", "Path(`/at`)", "a");
  configured.router("twice", "Path(`/twice`)", "a@file@file");
  configured.build();
  EXPECT_THAT(configured.errors("at@docker"), ElementsAre("the service \"a@docker\" does not exist"));
  EXPECT_THAT(configured.errors("twice"), ElementsAre("the service \"a@file@file\" does not exist"));
}

TEST(BuildSnapshot, ServicesTellWhyTheyCannotBeBuilt) {
  Configured configured;
  configured.service("empty");
  configured.load_balancer("double", "http://127.0.0.1:1");
  configured.service("double").weighted.emplace();
  configured.service("self").weighted.emplace().services.emplace_back().name = "self";
  configured.load_balancer("lost", "http://127.0.0.1:1").serversTransport = "nobody";
  configured.service("unused");
  for (const char* name : {"empty", "double", "self", "lost"}) configured.router(name, "Path(`/`)", name);
  const Snapshot& snapshot = configured.build();
  const auto errors = [&snapshot](const char* name) { return snapshot.service(name)->state->condition.errors; };
  EXPECT_THAT(errors("empty@file"), ElementsAre("the service \"empty@file\" does not have any type defined"));
  EXPECT_THAT(errors("double@file"),
              ElementsAre("cannot create service: multi-types service not supported, consider declaring two different "
                          "pieces of service instead"));
  EXPECT_THAT(errors("self@file"),
              ElementsAre("could not instantiate service self@file: recursion detected in "
                          "service:self@file->service:self@file",
                          "building HTTP service \"self\": could not instantiate service self@file: recursion detected "
                          "in service:self@file->service:self@file"));
  EXPECT_THAT(errors("lost@file"), ElementsAre("error building proxy for server URL http://127.0.0.1:1: getting "
                                               "RoundTripper: servers transport not found nobody@file"));
  EXPECT_THAT(errors("unused@file"), IsEmpty());
  EXPECT_EQ(snapshot.service("unused@file")->state->condition.status, Status::kEnabled);
  EXPECT_THAT(snapshot.usage().services.at("self@file"), ElementsAre("self@file"));
}

TEST(BuildSnapshot, WeightedServicesMayHoldInternalOnes) {
  Configured configured;
  configured.router("mix", "Path(`/`)", "mix");
  configured.service("mix").weighted.emplace().services.emplace_back().name = "noop@internal";
  configured.build();
  EXPECT_EQ(configured.ask("h", "/"), "418");
}

TEST(BuildSnapshot, CircularChainsNameTheirWay) {
  Configured configured;
  configured.router("cycle", "Path(`/`)").middlewares = {"ring1"};
  configured.middleware("ring1").chain.emplace().middlewares = {"ring2"};
  configured.middleware("ring2").chain.emplace().middlewares = {"ring1"};
  configured.middleware("unused").chain.emplace().middlewares = {"nothing"};
  const Snapshot& snapshot = configured.build();
  const std::string text =
      "could not instantiate middleware ring1@file: recursion detected in "
      "middleware:ring1@file->middleware:ring2@file->middleware:ring1@file";
  EXPECT_THAT(configured.errors("cycle"), ElementsAre(text));
  EXPECT_THAT(snapshot.middleware("ring1@file")->condition->errors, ElementsAre(text));
  EXPECT_THAT(snapshot.middleware("ring2@file")->condition->errors, ElementsAre(text));
  EXPECT_EQ(snapshot.middleware("unused@file")->condition->status, Status::kEnabled);
}

TEST(BuildSnapshot, ChildrenCompeteForWhatTheParentMatched) {
  Configured configured;
  configured.router("site", "Host(`site.test`)", "").middlewares = {"strip"};
  configured.middleware("strip").stripPrefix.emplace().prefixes = {"/old"};
  configured.child("api", "PathPrefix(`/api`)", "a@internal", {"site"});
  configured.child("api v2", "PathPrefix(`/api/v2`)", "b@internal", {"site"});
  configured.child("raised", "Path(`/api/v2/up`)", "c@internal", {"site"}).priority = 500;
  configured.router("fallback", "PathPrefix(`/`)", "d@internal").priority = 1;
  configured.build();
  EXPECT_EQ(configured.ask("site.test", "/api/x"), "a");
  EXPECT_EQ(configured.ask("site.test", "/old/api/x"), "a");
  EXPECT_EQ(configured.ask("site.test", "/old/api/v2"), "b");
  EXPECT_EQ(configured.ask("site.test", "/api/v2/up"), "c");
  EXPECT_EQ(configured.ask("site.test", "/nothing"), "404");
  EXPECT_EQ(configured.ask("other.test", "/api/x"), "d");
  EXPECT_THAT(configured.errors("site"), IsEmpty());
}

TEST(BuildSnapshot, TreeErrorsStandAtTheRoutersThatCauseThem) {
  Configured configured;
  configured.router("both", "PathPrefix(`/both`)", "a@internal");
  configured.child("both child", "Path(`/both/c`)", "b@internal", {"both"});
  configured.router("good", "PathPrefix(`/good`)", "");
  configured.child("good child", "Path(`/good/c`)", "b@internal", {"good"});
  configured.child("observed", "Path(`/good/obs`)", "b@internal", {"good"}).observability.emplace();
  configured.child("placed", "Path(`/good/ep`)", "b@internal", {"good"}).entryPoints = {"web"};
  configured.child("bad rule", "Paths(`/good/bad`)", "b@internal", {"good"});
  configured.child("dead child", "PathPrefix(`/good/dead`)", "", {"good"});
  configured.child("orphan", "Path(`/orphan`)", "b@internal", {"nobody"});
  configured.child("half orphan", "Path(`/good/half`)", "b@internal", {"good", "nobody"});
  configured.child("self", "PathPrefix(`/self`)", "b@internal", {"self"});
  configured.router("lonely", "PathPrefix(`/lonely`)", "");
  configured.child("lonely child", "Path(`lonely`)", "b@internal", {"lonely"});
  configured.build();
  EXPECT_THAT(configured.errors("both"),
              ElementsAre("router has both a service and is referenced as a parent by other routers"));
  EXPECT_EQ(configured.ask("h", "/both/c"), "b");
  EXPECT_EQ(configured.ask("h", "/both"), "404");
  EXPECT_EQ(configured.ask("h", "/good/c"), "b");
  for (const char* path : {"/good/obs", "/good/ep", "/good/half"}) EXPECT_EQ(configured.ask("h", path), "404");
  EXPECT_THAT(configured.errors("observed"), ElementsAre("non-root router cannot have Observability configuration"));
  EXPECT_THAT(configured.errors("placed"), ElementsAre("non-root router cannot have Entrypoints configuration"));
  EXPECT_EQ(configured.priority("placed"), 16);
  EXPECT_EQ(configured.priority("bad rule"), 18);
  EXPECT_EQ(configured.priority("dead child"), 0);
  EXPECT_THAT(configured.errors("dead child"), ElementsAre("router has no service and no child routers"));
  EXPECT_THAT(configured.errors("orphan"),
              ElementsAre("parent router \"nobody@file\" does not exist", "router is not reachable"));
  EXPECT_THAT(configured.errors("half orphan"), ElementsAre("parent router \"nobody@file\" does not exist"));
  EXPECT_THAT(configured.errors("self"), ElementsAre("router is not reachable"));
  EXPECT_THAT(configured.errors("lonely"),
              ElementsAre("building child routers muxer: no child routers could be added to muxer (1 skipped)"));
}

TEST(BuildSnapshot, CirclesInTheTreeAreCut) {
  Configured configured;
  configured.router("loop top", "PathPrefix(`/loop`)", "");
  configured.child("loop middle", "PathPrefix(`/loop/m`)", "", {"loop top", "loop end"});
  configured.child("loop end", "PathPrefix(`/loop/m/e`)", "", {"loop middle"});
  configured.build();
  EXPECT_THAT(configured.errors("loop end"),
              ElementsAre("cyclic reference detected in router tree: loop middle@file -> loop end@file -> loop "
                          "middle@file",
                          "router has no service and no child routers"));
  EXPECT_THAT(configured.errors("loop middle"),
              ElementsAre("building child routers muxer: no child routers could be added to muxer (1 skipped)"));
  EXPECT_EQ(configured.priority("loop middle"), 21);
  EXPECT_EQ(configured.priority("loop end"), 0);
}

TEST(BuildSnapshot, DeniedEscapesAreRefusedBeforeMiddlewares) {
  Configured configured;
  configured.router("all", "PathPrefix(`/`)").deniedEncodedPathCharacters.emplace().allowEncodedSlash = false;
  configured.build();
  EXPECT_EQ(configured.ask("h", "/x%2Fy"), "400");
  EXPECT_EQ(configured.ask("h", "/x%2fy"), "400");
  EXPECT_EQ(configured.ask("h", "/x%252Fy"), "a");
  EXPECT_EQ(configured.ask("h", "/x%5C"), "a");
}

TEST(BuildSnapshot, ExchangeLearnsRouterAndService) {
  Configured configured;
  configured.router("r", "Path(`/`)");
  const Snapshot& snapshot = configured.build();
  match::Asked asked("h", "/");
  answer(snapshot.handler("web", Security::kCleartext), asked);
  EXPECT_EQ(asked.exchange.router_name, "r@file");
  EXPECT_EQ(asked.exchange.service_name, "a@internal");
}

}  // namespace
}  // namespace tandem::routing
