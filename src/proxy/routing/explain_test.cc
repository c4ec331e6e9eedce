#include "proxy/routing/explain.h"

#include <gmock/gmock.h>

#include "proxy/routing/fixture.h"

namespace tandem::routing {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Explain, NamesTheMatchersThatFailed) {
  Configured site;
  site.router("one", "Host(`a.test`) && (Path(`/x`) || Path(`/y`))");
  site.router("two", "Host(`b.test`) && !Method(`GET`)");
  site.router("three", "PathPrefix(`/`)");
  site.build();
  match::Asked asked("a.test", "/z");
  const auto verdicts = explain(*site.snapshot(), "web", Security::kCleartext, asked.request, asked.exchange);
  ASSERT_EQ(verdicts.size(), 3U);
  EXPECT_EQ(verdicts[0].router, "one@file");
  EXPECT_THAT(verdicts[0].failed, ElementsAre("Path(`/x`)", "Path(`/y`)"));
  EXPECT_THAT(verdicts[1].failed, ElementsAre("Host(`b.test`)", "!Method(`GET`)"));
  EXPECT_TRUE(verdicts[2].matches);
  EXPECT_THAT(verdicts[2].failed, IsEmpty());
  EXPECT_EQ(router_for(*site.snapshot(), "web", Security::kCleartext, asked.request, asked.exchange), "three@file");
}

TEST(Explain, TellsOfRoutersThatAreNeverAskedThere) {
  Configured site;
  site.router("secure", "PathPrefix(`/`)").tls.emplace();
  site.router("broken", "PathPrefix(`/`)").service = "gone";
  site.build();
  match::Asked asked("a.test", "/");
  const auto found = bystanders(*site.snapshot(), "web", Security::kCleartext, asked.request, asked.exchange);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].reason, "disabled: the service \"gone@file\" does not exist");
  EXPECT_EQ(found[1].reason, "serves TLS connections only");
}

}  // namespace
}  // namespace tandem::routing
