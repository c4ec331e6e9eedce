#include "config/model/effective.h"

#include <gmock/gmock.h>

namespace tandem::model {
namespace {

using testing::ElementsAre;

TEST(Effective, WithoutEntryPointsThereIsHttpOnPort80) {
  const auto c = effective({});
  EXPECT_EQ(c.entryPoints.size(), 1U);
  EXPECT_EQ(c.entryPoints.at("http").address, ":80");
}

TEST(Effective, InternalEntryPointAppearsOnlyWhereItIsNeeded) {
  StaticConfiguration c;
  c.entryPoints["web"].address = ":80";
  c.api.emplace();
  c.ping = Ping{.entryPoint = "web"};
  EXPECT_FALSE(effective(c).entryPoints.contains("traefik"));
  c.ping->entryPoint = "traefik";
  EXPECT_EQ(effective(c).entryPoints.at("traefik").address, ":8080");
  c.ping->manualRouting = true;
  EXPECT_FALSE(effective(c).entryPoints.contains("traefik"));
  c.api->insecure = true;
  EXPECT_TRUE(effective(c).entryPoints.contains("traefik"));
  c.entryPoints["traefik"].address = ":9000";
  EXPECT_EQ(effective(c).entryPoints.at("traefik").address, ":9000");
}

TEST(Effective, DeprecatedSpellingsMoveToTheirSuccessors) {
  StaticConfiguration c;
  c.tracing.emplace().globalAttributes = {{"a", "b"}};
  Acme& acme = c.certificatesResolvers["le"].acme.emplace();
  acme.caServer = "https://acme-v01.api.letsencrypt.org/directory";
  acme.dnsChallenge.emplace().disablePropagationCheck = true;
  c.providers.precedence = {"Docker", "FILE"};
  c.providers.swarm.emplace().refreshSeconds = format::Duration{};
  c = effective(c);
  EXPECT_EQ(c.tracing->resourceAttributes.at("a"), "b");
  EXPECT_EQ(c.certificatesResolvers["le"].acme->caServer, "https://acme-v02.api.letsencrypt.org/directory");
  EXPECT_TRUE(c.certificatesResolvers["le"].acme->dnsChallenge->propagation->disableChecks);
  EXPECT_THAT(c.providers.precedence, ElementsAre("docker", "file"));
  EXPECT_EQ(c.providers.swarm->refreshSeconds, format::Duration{std::chrono::seconds(15)});
}

TEST(Effective, DefaultEntryPointsAreTheMarkedOnesElseAllButTheInternalOne) {
  StaticConfiguration c;
  c.entryPoints["web"].address = ":80";
  c.entryPoints["alt"].address = ":81/tcp";
  c.entryPoints["dns"].address = ":53/udp";
  c.entryPoints["traefik"].address = ":8080";
  EXPECT_THAT(default_entry_points(c), ElementsAre("alt", "web"));
  c.entryPoints["web"].asDefault = true;
  c.entryPoints["dns"].asDefault = true;
  EXPECT_THAT(default_entry_points(c), ElementsAre("web"));
  c.entryPoints["traefik"].asDefault = true;
  EXPECT_THAT(default_entry_points(c), ElementsAre("web"));
  c.entryPoints["web"].asDefault = false;
  EXPECT_THAT(default_entry_points(c), ElementsAre());
}

TEST(Effective, SlowBodiesAreGivenUpUnlessSwitchedOff) {
  RespondingTimeouts timeouts;
  EXPECT_EQ(timeouts.min_bytes_per_second(), 240);
  EXPECT_EQ(timeouts.min_bytes_grace(), format::Duration{std::chrono::seconds(10)});
  timeouts.minBytesPerSecond = 0;
  EXPECT_EQ(timeouts.min_bytes_per_second(), 0);
}

}  // namespace
}  // namespace tandem::model
