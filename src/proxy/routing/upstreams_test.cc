#include "proxy/routing/upstreams.h"

#include <gtest/gtest.h>

#include "base/fd.h"
#include "engine/net/tcp.h"

namespace tandem::routing {
namespace {

model::HttpService balancer(const std::vector<std::string>& urls) {
  model::HttpService service;
  service.loadBalancer.emplace();
  for (const std::string& url : urls) service.loadBalancer->servers.push_back({.url = url});
  return service;
}

model::HttpConfiguration example() {
  model::HttpConfiguration http;
  http.services.insert_or_assign("one@file", balancer({"http://a", "http://b"}));
  http.services.insert_or_assign("two@file", balancer({"http://c"}));
  http.services.insert_or_assign("empty@file", balancer({}));
  model::HttpService weighted;
  weighted.weighted = model::Weighted{.services = {{.name = "one", .weight = 1}, {.name = "two@file", .weight = 0}}};
  http.services.insert_or_assign("weighted@file", weighted);
  model::HttpService mirroring;
  mirroring.mirroring = model::Mirroring{.service = "one", .mirrors = {{.name = "two"}}};
  http.services.insert_or_assign("mirroring@file", mirroring);
  model::HttpService failover;
  failover.failover = model::Failover{.service = "one", .fallback = "two"};
  http.services.insert_or_assign("failover@file", failover);
  return http;
}

/// Only these servers live; all others are dead, or unknown.
UpstreamState state_with(const std::vector<std::string>& living, const std::vector<std::string>& services) {
  const ServerLives lives = [&](const std::string& url) {
    return std::optional(std::ranges::find(living, url) != living.end());
  };
  return *upstream_state(example(), services, lives);
}

TEST(Upstreams, AreAllServicesWithServersUnlessSomeAreNamed) {
  EXPECT_EQ(state_with({"http://b"}, {}), (UpstreamState{.services = 2, .living = 1, .dead = {"two@file"}}));
  EXPECT_EQ(state_with({"http://b"}, {"one@file"}), (UpstreamState{.services = 1, .living = 1}));
  EXPECT_EQ(state_with({"http://b"}, {"empty@file"}), (UpstreamState{.services = 1, .dead = {"empty@file"}}));
}

TEST(Upstreams, ThatDoNotExistCountAsDeadAndAreNamed) {
  EXPECT_EQ(state_with({"http://a"}, {"one@file", "none@file"}),
            (UpstreamState{.services = 2, .living = 1, .missing = {"none@file"}}));
}

TEST(Upstreams, ThatConsistOfOthersLiveWithOneThatMayAnswer) {
  EXPECT_EQ(state_with({"http://a"}, {"weighted@file", "mirroring@file", "failover@file"}).living, 3U);
  const UpstreamState second = state_with({"http://c"}, {"weighted@file", "mirroring@file", "failover@file"});
  EXPECT_EQ(second.living, 1U) << "neither a share of 0 nor a mirror answers";
  EXPECT_EQ(second.dead, (std::vector<std::string>{"weighted@file", "mirroring@file"}));
}

TEST(Upstreams, ThatHoldThemselvesAreDead) {
  model::HttpConfiguration http;
  model::HttpService itself;
  itself.weighted = model::Weighted{.services = {{.name = "itself", .weight = 1}}};
  http.services.insert_or_assign("itself@file", itself);
  const auto state = upstream_state(http, {"itself@file"}, [](const std::string&) { return std::optional(true); });
  EXPECT_EQ(state->living, 0U);
}

TEST(Upstreams, HaveNoStateWhileAServerIsUnknownThatDecides) {
  const ServerLives only_b = [](const std::string& url) {
    return url == "http://b" ? std::optional(true) : std::nullopt;
  };
  EXPECT_EQ(upstream_state(example(), {"one@file"}, only_b)->living, 1U);
  EXPECT_FALSE(upstream_state(example(), {"one@file", "two@file"}, only_b).has_value());
}

TEST(Upstreams, HaveTheServersOfAllTheirParts) {
  EXPECT_EQ(servers_behind(example(), {"failover@file"}),
            (std::vector<std::string>{"http://a", "http://b", "http://c"}));
  EXPECT_EQ(servers_behind(example(), {"weighted@file"}), (std::vector<std::string>{"http://a", "http://b"}));
}

TEST(Upstreams, AreTriedAndToldOf) {
  loop::Loop loop;
  const auto here = net::Address(*net::IpAddress::parse("127.0.0.1"), 0);
  const base::Fd server(*net::listen_tcp(here, {}));
  base::Fd gone(*net::listen_tcp(here, {}));
  auto configuration = std::make_shared<model::DynamicConfiguration>();
  const auto url = [](const base::Fd& of) {
    return fmt::format("http://127.0.0.1:{}", net::local_address(of.get()).port());
  };
  configuration->http.services.insert_or_assign("one@file", balancer({url(server)}));
  configuration->http.services.insert_or_assign("two@file", balancer({url(gone), "http://%"}));
  gone.reset();
  std::optional<UpstreamState> told;
  UpstreamWatch watch({}, [&told](const UpstreamState& state) { told = state; });
  watch.follow(configuration);
  const loop::TimePoint end = loop.exact_now() + std::chrono::seconds(10);
  while (!told && loop.exact_now() < end) loop.run_once(loop.exact_now() + std::chrono::milliseconds(20));
  EXPECT_EQ(told, (UpstreamState{.services = 2, .living = 1, .dead = {"two@file"}}));
}

}  // namespace
}  // namespace tandem::routing
