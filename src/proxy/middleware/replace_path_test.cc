#include "proxy/middleware/fixture.h"

namespace tandem::middleware {
namespace {

class ReplacePathTest : public MiddlewareTest {
 protected:
  std::string behind(std::string configured, std::string_view path) {
    model::HttpMiddleware options;
    options.replacePath.emplace().path = std::move(configured);
    EXPECT_EQ(build_it(options), "");
    get(path);
    return std::string(next_->seen.path) + " " + header(next_->seen.headers, "X-Replaced-Path");
  }
};

TEST_F(ReplacePathTest, ReplacesThePathAndTellsTheOldOne) {
  EXPECT_EQ(behind("/fixed", "/x%2Fy%20z"), "/fixed /x%2Fy%20z");
  EXPECT_EQ(behind("", "/x"), " /x");
}

TEST_F(ReplacePathTest, EncodesWhatMustBe) {
  EXPECT_EQ(behind("/a%2Fb", "/x"), "/a%2Fb /x");
  EXPECT_EQ(behind("/p?x=1", "/x"), "/p%3Fx=1 /x");
  EXPECT_EQ(behind("/a b", "/x"), "/a%20b /x");
}

TEST_F(ReplacePathTest, BeginsWithASlashInAnyCase) { EXPECT_EQ(behind("fixed", "/x"), "/fixed /x"); }

TEST_F(ReplacePathTest, AnswersForAPathThatCannotBe) {
  model::HttpMiddleware options;
  options.replacePath.emplace().path = "/%zz";
  ASSERT_EQ(build_it(options), "");
  const http::Response response = get("/x");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.bytes(), "invalid URL escape \"%zz\"\n");
}

}  // namespace
}  // namespace tandem::middleware
