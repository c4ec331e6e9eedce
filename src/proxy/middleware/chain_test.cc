#include "proxy/middleware/fixture.h"

namespace tandem::middleware {
namespace {

class ChainTest : public MiddlewareTest {
 protected:
  base::Result<http::HandlerPtr> chain(std::vector<std::string> names) {
    model::HttpMiddleware options;
    options.chain.emplace().middlewares = std::move(names);
    BuildContext context;
    context.next = next_;
    context.build_named = [](std::string_view name, http::HandlerPtr next) -> base::Result<http::HandlerPtr> {
      if (name == "nowhere") return base::Error(base::ErrorKind::kNotFound, "does not exist");
      model::HttpMiddleware member;
      member.addPrefix.emplace().prefix = "/" + std::string(name);
      BuildContext inside;
      inside.next = std::move(next);
      return build(member, inside);
    };
    return build(options, context);
  }
};

TEST_F(ChainTest, RunsItsMembersInTheirOrder) {
  auto built = chain({"1", "2"});
  ASSERT_TRUE(built);
  handler_ = *built;
  get("/x");
  EXPECT_EQ(next_->seen.path, "/2/1/x");
}

TEST_F(ChainTest, MayBeEmpty) { EXPECT_EQ(chain({}).value(), next_); }

TEST_F(ChainTest, FailsWithItsMembers) { EXPECT_EQ(chain({"1", "nowhere"}).error().text(), "does not exist"); }

TEST_F(ChainTest, NeedsSomeoneWhoKnowsTheNames) {
  model::HttpMiddleware options;
  options.chain.emplace().middlewares = {"1"};
  EXPECT_EQ(build_it(options), "a chain is not possible here");
}

}  // namespace
}  // namespace tandem::middleware
