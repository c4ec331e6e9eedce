#include "proxy/middleware/fixture.h"

namespace tandem::middleware {
namespace {

class Table : public MiddlewareTest {};

TEST_F(Table, NamesTheTypesThatAreSet) {
  model::HttpMiddleware options;
  EXPECT_TRUE(types_of(options).empty());
  options.stripPrefix.emplace();
  options.addPrefix.emplace();
  options.plugin.try_emplace("own");
  EXPECT_EQ(types_of(options), (std::vector<std::string_view>{"addPrefix", "stripPrefix", "own"}));
}

TEST_F(Table, RefusesAMiddlewareWithoutType) {
  EXPECT_EQ(build_it({}),
            "invalid middleware \"test@file\" configuration: invalid middleware type or middleware does not exist");
}

TEST_F(Table, RefusesAMiddlewareOfTwoTypes) {
  model::HttpMiddleware options;
  options.stripPrefix.emplace();
  options.addPrefix.emplace().prefix = "/x";
  EXPECT_EQ(build_it(options),
            "cannot create middleware: multi-types middleware not supported, consider declaring two different pieces "
            "of middleware instead");
}

TEST_F(Table, SaysWhatIsNotBuiltYet) {
  model::HttpMiddleware options;
  options.compress.emplace();
  EXPECT_EQ(build_it(options), "middleware type \"compress\" is not built yet");
}

TEST_F(Table, KnowsNoPlugins) {
  model::HttpMiddleware options;
  options.plugin.try_emplace("own");
  EXPECT_EQ(build_it(options), "plugin: unknown plugin type: own");
}

}  // namespace
}  // namespace tandem::middleware
