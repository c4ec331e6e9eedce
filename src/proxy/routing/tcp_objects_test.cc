#include "proxy/routing/tcp_objects.h"

#include <gmock/gmock.h>

#include "proxy/routing/fixture.h"
#include "proxy/routing/udp_objects.h"

namespace tandem::routing {
namespace {

using testing::ElementsAre;

model::TcpRouter& router(Configured& site, const std::string& name, std::string_view rule, bool tls) {
  model::TcpRouter& router = site.dynamic.tcp.routers[name + "@file"];
  router.entryPoints = {"web"};
  router.rule = rule;
  router.service = "pool";
  if (tls) router.tls.emplace();
  return router;
}

void pool(Configured& site) {
  site.dynamic.tcp.services["pool@file"].loadBalancer.emplace().servers.push_back({.address = "127.0.0.1:1"});
  site.dynamic.tcp.serversTransports["default@internal"];
}

TEST(TcpObjects, CompilesRulesAndTellsPriorities) {
  Configured site;
  pool(site);
  router(site, "named", "HostSNI(`*.a.test`) && !ALPN(`mqtt`)", true);
  router(site, "rest", "HostSNI(`*`)", false);
  site.build();
  const TcpObjects& tcp = *site.snapshot()->tcp();
  EXPECT_EQ(tcp.router("rest@file")->state->priority, -1);
  EXPECT_TRUE(tcp.router("rest@file")->state->rule->catch_all());
  const match::TcpRule& rule = *tcp.router("named@file")->state->rule;
  const std::array<std::string_view, 1> mqtt{"mqtt"};
  EXPECT_TRUE(rule.holds({.server_name = "x.a.test", .protocols = {}, .peer = {}}));
  EXPECT_FALSE(rule.holds({.server_name = "x.y.a.test", .protocols = {}, .peer = {}}));
  EXPECT_FALSE(rule.holds({.server_name = "x.a.test", .protocols = mqtt, .peer = {}}));
  EXPECT_EQ(tcp.service("pool@file")->state->server_status.at("127.0.0.1:1"), "UP");
  EXPECT_THAT(tcp.usage().services.at("pool@file"), ElementsAre("named@file", "rest@file"));
}

TEST(TcpObjects, DisablesWhatCannotWork) {
  Configured site;
  pool(site);
  router(site, "clear", "HostSNI(`a.test`)", false);
  router(site, "lost", "HostSNI(`*`)", false).service = "gone";
  router(site, "options", "HostSNI(`*`)", true).tls->options = "none";
  site.build();
  const TcpObjects& tcp = *site.snapshot()->tcp();
  const auto errors = [&tcp](std::string_view name) { return tcp.router(name)->state->condition.errors; };
  EXPECT_THAT(errors("clear@file"),
              ElementsAre("invalid rule: \"HostSNI(`a.test`)\" , has HostSNI matcher, but no TLS on router"));
  EXPECT_THAT(errors("lost@file"), ElementsAre("the service \"gone@file\" does not exist"));
  EXPECT_THAT(errors("options@file"), ElementsAre("unknown TLS options: none@file"));
}

TEST(TcpObjects, AreSharedWhileTheirConfigurationStays) {
  Configured site;
  pool(site);
  site.build();
  const auto before = site.snapshot()->tcp();
  site.router("r", "Path(`/`)");
  site.build();
  EXPECT_EQ(site.snapshot()->tcp(), before);
}

TEST(UdpObjects, ListenOnAllEntryPointsUnlessToldOtherwise) {
  Configured site;
  site.dynamic.udp.services["pool@file"].loadBalancer.emplace();
  site.dynamic.udp.routers["all@file"].service = "pool";
  site.dynamic.udp.routers["none@file"].entryPoints = {"web"};
  site.build();
  const UdpObjects& udp = *site.snapshot()->udp();
  EXPECT_THAT(udp.router("all@file")->state->entry_points, ElementsAre("udp"));
  EXPECT_THAT(udp.router("none@file")->state->condition.errors,
              ElementsAre("entryPoint \"web\" doesn't exist", "no valid entryPoint for this router"));
}

}  // namespace
}  // namespace tandem::routing
