#include "proxy/middleware/fixture.h"

namespace tandem::middleware {
namespace {

class StripPrefixRegexTest : public MiddlewareTest {
 protected:
  void strip(std::vector<std::string> regex) {
    model::HttpMiddleware options;
    options.stripPrefixRegex.emplace().regex = std::move(regex);
    ASSERT_EQ(build_it(options), "");
  }
  std::string behind(std::string_view path) {
    get(path);
    return std::string(next_->seen.path) + " " + header(next_->seen.headers, "X-Forwarded-Prefix");
  }
};

TEST_F(StripPrefixRegexTest, CutsAMatchAtTheBeginning) {
  strip({"/users/[0-9]+"});
  EXPECT_EQ(behind("/users/12/edit"), "/edit /users/12");
  EXPECT_EQ(behind("/users/12"), " /users/12");
  EXPECT_EQ(behind("/users/12ab"), "/ab /users/12");
  EXPECT_EQ(behind("/users/7/a%2Fb"), "/a%2Fb /users/7");
  EXPECT_EQ(behind("/users/1/users/2"), "/users/2 /users/1");
  EXPECT_EQ(behind("/old/users/12/edit"), "/old/users/12/edit ");
}

TEST_F(StripPrefixRegexTest, TakesTheFirstThatFits) {
  strip({"/a[a-z]*/", " /b/[^/]+ ", "(?i)/case"});
  EXPECT_EQ(behind("/abc/d"), "/d /abc/");
  EXPECT_EQ(behind("/b/one/two"), "/two /b/one");
  EXPECT_EQ(behind("/CASE/x"), "/x /CASE");
  EXPECT_EQ(behind("/z"), "/z ");
}

TEST_F(StripPrefixRegexTest, RefusesWhatWouldPointElsewhere) {
  strip({"/api"});
  EXPECT_EQ(get("/api../foo").status, 400);
}

TEST_F(StripPrefixRegexTest, NeedsExpressions) {
  model::HttpMiddleware options;
  options.stripPrefixRegex.emplace().regex = {"/fine", "/("};
  EXPECT_EQ(build_it(options), "error parsing regexp: missing closing ): `/(`");
}

}  // namespace
}  // namespace tandem::middleware
