// CPU time of finding a route, printed: one router against ten thousand.

#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "proxy/match/fixture.h"
#include "proxy/match/route_table.h"

namespace tandem::match {
namespace {

enum class Shape { kHosts, kPrefixes, kMixed };

std::string rule_of(Shape shape, int i) {
  const std::string number = std::to_string(i);
  const bool host = shape == Shape::kHosts || (shape == Shape::kMixed && i % 2 == 0);
  return host ? "Host(`h" + number + ".test`)" : "Host(`h.test`) && PathPrefix(`/p" + number + "/`)";
}

RouteTable table_of(Shape shape, int count) {
  std::vector<Route> routes;
  for (int i = 0; i < count; ++i) {
    auto compiled = std::make_shared<CompiledRule>();
    compiled->predicate = *compile_rule(rule_of(shape, i), rule::Syntax::kV3);
    compiled->requirement = requirement_of(*compiled->predicate);
    routes.push_back({.rule = std::move(compiled), .handler = nullptr});
  }
  return {std::move(routes), RouteTable::Level::kEntryPoint};
}

double nanoseconds_of_a_lookup(const RouteTable& table, Shape shape, int count) {
  constexpr int kRounds = 200000;
  const bool host = shape == Shape::kHosts;
  std::vector<std::unique_ptr<Asked>> requests;
  for (int i = 0; i < 64; ++i) {
    const std::string number = std::to_string((i * 157) % count);
    requests.push_back(host ? std::make_unique<Asked>("h" + number + ".test", "/some/path")
                            : std::make_unique<Asked>("h.test", "/p" + number + "/some/path"));
  }
  int found = 0;
  const std::clock_t start = std::clock();
  for (int i = 0; i < kRounds; ++i) {
    Asked& asked = *requests[static_cast<std::size_t>(i % 64)];
    MatchInput input(asked.request, asked.exchange);
    found += table.find(input, asked.exchange.arena) != nullptr ? 1 : 0;
  }
  EXPECT_GT(found, 0);
  return static_cast<double>(std::clock() - start) * 1e9 / CLOCKS_PER_SEC / kRounds;
}

TEST(LookupTime, IsShownForOneRouterAndForMany) {
  for (const Shape shape : {Shape::kHosts, Shape::kPrefixes, Shape::kMixed}) {
    for (const int count : {1, 100, 10000}) {
      const RouteTable table = table_of(shape, count == 1 && shape == Shape::kMixed ? 2 : count);
      fmt::print("shape {} with {} routes: {:.0f} ns\n", static_cast<int>(shape), count,
                 nanoseconds_of_a_lookup(table, shape, shape == Shape::kMixed ? 2 : count));
    }
  }
}

}  // namespace
}  // namespace tandem::match
