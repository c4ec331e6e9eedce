// What a new snapshot takes over from the one before.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/routing/contents.h"
#include "proxy/routing/fixture.h"

namespace tandem::routing {
namespace {

using testing::ElementsAre;

const BuiltRouter* built(const Configured& configured, const std::string& name) {
  const auto& contents = configured.snapshot()->contents();
  const RuntimeRouter* const router = configured.snapshot()->router(name + "@file");
  return contents.built_routers[static_cast<std::size_t>(router - contents.routers.data())].get();
}

const http::Handler* handler_of(const Configured& configured, const std::string& name) {
  return configured.snapshot()->service(name + "@file")->state->handler.get();
}

Configured two_sites() {
  Configured configured;
  configured.load_balancer("one", "http://127.0.0.1:1");
  configured.load_balancer("two", "http://127.0.0.1:2");
  configured.middleware("add").addPrefix.emplace().prefix = "/x";
  configured.middleware("group").chain.emplace().middlewares = {"add"};
  configured.router("first", "Host(`one.test`)", "one").middlewares = {"group"};
  configured.router("second", "Host(`two.test`)", "two");
  configured.build();
  return configured;
}

TEST(Reuse, NothingIsBuiltAgainWhenNothingChanged) {
  Configured configured = two_sites();
  const auto before = configured.snapshot();
  const BuiltRouter* const first = built(configured, "first");
  const http::Handler* const service = handler_of(configured, "one");
  configured.build();
  EXPECT_EQ(built(configured, "first"), first);
  EXPECT_EQ(handler_of(configured, "one"), service);
  EXPECT_EQ(configured.snapshot()->handler("web", Security::kCleartext), before->handler("web", Security::kCleartext));
}

TEST(Reuse, AChangedServiceTakesOnlyItsRoutersAlong) {
  Configured configured = two_sites();
  const auto before = configured.snapshot();
  const BuiltRouter* const first = built(configured, "first");
  const BuiltRouter* const second = built(configured, "second");
  const http::Handler* const one = handler_of(configured, "one");
  const http::Handler* const two = handler_of(configured, "two");
  configured.load_balancer("two", "http://127.0.0.1:3");
  configured.build();
  EXPECT_EQ(built(configured, "first"), first);
  EXPECT_NE(built(configured, "second"), second);
  EXPECT_EQ(built(configured, "second")->rule, second->rule);
  EXPECT_EQ(handler_of(configured, "one"), one);
  EXPECT_NE(handler_of(configured, "two"), two);
}

TEST(Reuse, AChangedMemberOfAChainReachesItsRouters) {
  Configured configured = two_sites();
  const auto before = configured.snapshot();
  const BuiltRouter* const first = built(configured, "first");
  const BuiltRouter* const second = built(configured, "second");
  const http::Handler* const one = handler_of(configured, "one");
  configured.middleware("add").addPrefix->prefix = "/y";
  configured.build();
  EXPECT_NE(built(configured, "first"), first);
  EXPECT_EQ(built(configured, "second"), second);
  EXPECT_EQ(handler_of(configured, "one"), one);
}

TEST(Reuse, AMissingServiceHealsItsRouterWhenItComes) {
  Configured configured = two_sites();
  configured.router("third", "Host(`three.test`)", "three");
  configured.build();
  EXPECT_EQ(configured.status("third"), Status::kDisabled);
  configured.load_balancer("three", "http://127.0.0.1:3");
  configured.build();
  EXPECT_EQ(configured.status("third"), Status::kEnabled);
  configured.dynamic.http.services.erase("three@file");
  configured.build();
  EXPECT_EQ(configured.status("third"), Status::kDisabled);
}

TEST(Reuse, ARouterThatCannotBeBuiltAnyMoreGoesOnAsItWas) {
  Configured configured = two_sites();
  const http::HandlerPtr first = built(configured, "first")->handler;
  configured.router("first", "Nonsense(`one.test`)", "one");
  configured.build();
  EXPECT_EQ(built(configured, "first")->handler, first);
  const RouterState* state = configured.snapshot()->router("first@file")->state;
  EXPECT_EQ(state->condition.status, Status::kWarning);
  EXPECT_THAT(state->condition.errors,
              ElementsAre(testing::HasSubstr("Nonsense"), "the router stays in force as it was before this error"));

  configured.router("first", "Host(`new.test`)", "one").middlewares = {"nobody"};  // another error
  configured.build();
  EXPECT_EQ(built(configured, "first")->handler, first);

  configured.router("first", "Host(`new.test`)", "one").middlewares.clear();
  configured.build();
  EXPECT_NE(built(configured, "first")->handler, first);
  EXPECT_THAT(configured.snapshot()->router("first@file")->state->condition.errors, testing::IsEmpty());
}

TEST(Reuse, ErrorsOfMiddlewaresStayAsLongAsTheirRouter) {
  Configured configured = two_sites();
  configured.middleware("bad");
  configured.router("third", "Host(`three.test`)").middlewares = {"bad"};
  configured.build();
  configured.build();
  EXPECT_EQ(configured.snapshot()->middleware("bad@file")->condition->status, Status::kDisabled);
  configured.dynamic.http.routers.erase("third@file");
  configured.build();
  EXPECT_EQ(configured.snapshot()->middleware("bad@file")->condition->status, Status::kEnabled);
}

TEST(Reuse, ServicesNobodyUsesAnyMoreAreForgotten) {
  Configured configured = two_sites();
  configured.service("bad");
  configured.router("third", "Host(`three.test`)", "bad");
  configured.build();
  EXPECT_EQ(configured.snapshot()->service("bad@file")->state->condition.status, Status::kDisabled);
  configured.dynamic.http.routers["third@file"].service = "one";
  configured.build();
  EXPECT_EQ(configured.snapshot()->service("bad@file")->state->condition.status, Status::kEnabled);
}

TEST(Reuse, AChangedTransportRebuildsTheServicesThatUseIt) {
  Configured configured = two_sites();
  configured.dynamic.http.serversTransports["slow@file"];
  configured.dynamic.http.services["two@file"].loadBalancer->serversTransport = "slow";
  configured.build();
  const http::Handler* const one = handler_of(configured, "one");
  const auto before = configured.snapshot();
  const http::Handler* const two = handler_of(configured, "two");
  configured.dynamic.http.serversTransports["slow@file"].maxIdleConnsPerHost = 7;
  configured.build();
  EXPECT_EQ(handler_of(configured, "one"), one);
  EXPECT_NE(handler_of(configured, "two"), two);
}

TEST(Reuse, AChildThatChangesTakesItsParentAlong) {
  Configured configured;
  configured.router("top", "Host(`t.test`)", "");
  configured.child("leaf", "Path(`/x`)", "a@internal", {"top"});
  configured.router("other", "Host(`o.test`)");
  configured.build();
  const auto before = configured.snapshot();
  const BuiltRouter* const other = built(configured, "other");
  configured.dynamic.http.routers["leaf@file"].service = "b@internal";
  configured.build();
  EXPECT_EQ(configured.ask("t.test", "/x"), "b");
  EXPECT_EQ(built(configured, "other"), other);
}

/// CPU time, printed: what a change of one of many costs.
TEST(Reuse, CostOfAChangeIsShown) {
  constexpr int kMany = 10000;
  for (const bool hosts : {true, false}) {
    Configured configured;
    for (int i = 0; i < kMany; ++i) {
      const std::string number = std::to_string(i);
      configured.load_balancer("s" + number, "http://127.0.0.1:" + std::to_string(1000 + i));
      configured.router("r" + number,
                        hosts ? "Host(`h" + number + ".test`)" : "Host(`h.test`) && PathPrefix(`/p" + number + "/`)",
                        "s" + number);
    }
    configured.build();
    const double first = configured.milliseconds();
    configured.load_balancer("s77", "http://127.0.0.1:9");
    configured.build();
    const double service = configured.milliseconds();
    configured.dynamic.http.routers["r99@file"].priority = 7;
    configured.build();
    const double router = configured.milliseconds();
    fmt::print("{} {}: first {:.1f} ms, service changed {:.1f} ms, router changed {:.1f} ms\n", kMany,
               hosts ? "hosts" : "prefixes", first, service, router);
    EXPECT_EQ(configured.snapshot()->routers().size(), kMany);
  }
}

}  // namespace
}  // namespace tandem::routing
