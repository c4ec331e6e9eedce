#include "proxy/middleware/fixture.h"

namespace tandem::middleware {
namespace {

class ReplacePathRegexTest : public MiddlewareTest {
 protected:
  void replace(std::string regex, std::string replacement) {
    model::HttpMiddleware options;
    options.replacePathRegex.emplace() = {.regex = std::move(regex), .replacement = std::move(replacement)};
    ASSERT_EQ(build_it(options), "");
  }
  std::string behind(std::string_view path) {
    get(path);
    return std::string(next_->seen.path) + " " + header(next_->seen.headers, "X-Replaced-Path");
  }
};

TEST_F(ReplacePathRegexTest, RewritesTheEncodedPath) {
  replace("  ^/old/(.*)  ", "  /new/$1  ");
  EXPECT_EQ(behind("/old/a%2Fb%20c"), "/new/a%2Fb%20c /old/a%2Fb%20c");
  EXPECT_EQ(behind("/older/a"), "/older/a ");
}

TEST_F(ReplacePathRegexTest, EncodesWhatMustBe) {
  replace("^/q/(.*)", "/find?what=$1");
  EXPECT_EQ(behind("/q/word"), "/find%3Fwhat=word /q/word");
}

TEST_F(ReplacePathRegexTest, RefusesWhatPointsElsewhere) {
  replace("^/up/(.*)", "/x/../$1");
  EXPECT_EQ(get("/up/a").status, 400);
  EXPECT_EQ(next_->calls, 0);
}

TEST_F(ReplacePathRegexTest, NeedsAnExpression) {
  model::HttpMiddleware options;
  options.replacePathRegex.emplace().regex = "(";
  EXPECT_EQ(build_it(options), "error compiling regular expression (: error parsing regexp: missing closing ): `(`");
}

}  // namespace
}  // namespace tandem::middleware
