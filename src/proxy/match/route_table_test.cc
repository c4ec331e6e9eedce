#include "proxy/match/route_table.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "proxy/match/fixture.h"

namespace tandem::match {
namespace {

Route route_of(const std::string& rule) {
  auto compiled = std::make_shared<CompiledRule>();
  auto predicate = compile_rule(rule, rule::Syntax::kV3);
  EXPECT_TRUE(predicate) << rule;
  compiled->predicate = std::move(*predicate);
  compiled->requirement = requirement_of(*compiled->predicate);
  return {.rule = std::move(compiled), .handler = std::make_shared<const Named>(rule)};
}

/// Rules and requests from few words, so that many of them meet.
class Generator {
 public:
  std::string host() { return pick({"a", "b", "*"}) + pick({".x", ".y", ""}) + pick({".test", ".test.", ""}); }
  std::string request_host() {
    return pick({"a", "b", "c", ""}) + pick({".x", ".y", ""}) + pick({".test", ".test.", ""});
  }
  std::string path() {
    std::string text = "/";
    for (int i = number(4); i > 0; --i) text += pick({"a", "b", "/", "ab", "c"});
    return text;
  }
  std::string leaf() {
    switch (number(6)) {
      case 0:
      case 1:
        return "Host(`" + host() + "`)";
      case 2:
        return "PathPrefix(`" + path() + "`)";
      case 3:
        return "Path(`" + path() + "`)";
      case 4:
        return pick({"Method(`POST`)", "Method(`GET`)", "HostRegexp(`^a`)"});
      default:
        return "PathRegexp(`" + path() + "$`)";
    }
  }
  std::string rule(int depth) {
    if (depth == 0 || number(3) == 0) return (number(5) == 0 ? "!" : "") + leaf();
    const std::string inner = rule(depth - 1) + pick({" && ", " || "}) + rule(depth - 1);
    return (number(6) == 0 ? "!(" : "(") + inner + ")";
  }
  int number(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }

 private:
  std::string pick(std::initializer_list<const char*> from) {
    return *(from.begin() + number(static_cast<int>(from.size())));
  }
  std::mt19937 random_{20240817};
};

TEST(RouteTable, IndexFindsWhatAskingEveryRouteFinds) {
  Generator generator;
  int found = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<Route> routes;
    for (int i = 2 + generator.number(60); i > 0; --i) routes.push_back(route_of(generator.rule(generator.number(4))));
    const RouteTable table(std::move(routes), RouteTable::Level::kEntryPoint);
    for (int i = 0; i < 200; ++i) {
      Asked asked(generator.request_host(), generator.path(), generator.number(2) == 0 ? "GET" : "POST");
      MatchInput input(asked.request, asked.exchange);
      const Route* const expected = table.find_linearly(input);
      ASSERT_EQ(table.find(input, asked.exchange.arena), expected)
          << asked.exchange.canonical_host << asked.request.path;
      found += expected != nullptr ? 1 : 0;
    }
  }
  EXPECT_GT(found, 1000);
}

TEST(RouteTable, ManyNestedPrefixesOfOnePathAreAllFound) {
  std::vector<Route> routes;
  std::string path;
  for (int i = 0; i < 100; ++i) {
    path += "/x";
    routes.push_back(route_of("PathPrefix(`" + path + "`) && Method(`POST`)"));
  }
  routes.push_back(route_of("PathPrefix(`/`)"));
  const auto table = std::make_shared<const RouteTable>(std::move(routes), RouteTable::Level::kEntryPoint);
  Asked get("h", path);
  EXPECT_EQ(answer(table, get), "PathPrefix(`/`)");
  Asked post("h", path, "POST");
  EXPECT_EQ(answer(table, post), "PathPrefix(`/x`) && Method(`POST`)");
}

TEST(RouteTable, AnswersNotFoundWhenNothingMatches) {
  const auto table = std::make_shared<const RouteTable>(std::vector<Route>(), RouteTable::Level::kEntryPoint);
  Asked asked("h", "/");
  EXPECT_EQ(answer(table, asked), "404");
}

}  // namespace
}  // namespace tandem::match
