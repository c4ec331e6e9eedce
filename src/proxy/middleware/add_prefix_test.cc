#include "proxy/middleware/fixture.h"

namespace tandem::middleware {
namespace {

class AddPrefixTest : public MiddlewareTest {
 protected:
  std::string path_behind(std::string prefix, std::string_view path) {
    model::HttpMiddleware options;
    options.addPrefix.emplace().prefix = std::move(prefix);
    EXPECT_EQ(build_it(options), "");
    get(path);
    return std::string(next_->seen.path);
  }
};

TEST_F(AddPrefixTest, PutsThePrefixBeforeThePath) {
  EXPECT_EQ(path_behind("/api", "/x/y"), "/api/x/y");
  EXPECT_EQ(path_behind("/api", "/"), "/api/");
  EXPECT_EQ(path_behind("/api/", "/x"), "/api//x");
}

TEST_F(AddPrefixTest, BeginsWithASlashInAnyCase) { EXPECT_EQ(path_behind("api", "/x"), "/api/x"); }

TEST_F(AddPrefixTest, EncodesItsPrefixAndLeavesThePathAsItIs) {
  EXPECT_EQ(path_behind("/a b", "/x%2Fy"), "/a%20b/x%2Fy");
}

TEST_F(AddPrefixTest, FollowsAPathThatWasCutToNothing) { EXPECT_EQ(path_behind("/v1", ""), "/v1"); }

TEST_F(AddPrefixTest, KeepsTheQuery) {
  model::HttpMiddleware options;
  options.addPrefix.emplace().prefix = "/api";
  ASSERT_EQ(build_it(options), "");
  http::Request asked = request("/x");
  asked.query = "k=v";
  send(std::move(asked));
  EXPECT_EQ(next_->seen.query, "k=v");
}

TEST_F(AddPrefixTest, RefusesAnEmptyPrefix) {
  model::HttpMiddleware options;
  options.addPrefix.emplace();
  EXPECT_EQ(build_it(options), "prefix cannot be empty");
}

}  // namespace
}  // namespace tandem::middleware
