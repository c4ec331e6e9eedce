#include "proxy/middleware/fixture.h"

namespace tandem::middleware {
namespace {

class RedirectRegexTest : public MiddlewareTest {
 protected:
  void redirect(std::string regex, std::string replacement, bool permanent = false) {
    model::HttpMiddleware options;
    options.redirectRegex.emplace() = {
        .regex = std::move(regex), .replacement = std::move(replacement), .permanent = permanent};
    ASSERT_EQ(build_it(options), "");
  }
  std::string location(std::string_view host, std::string_view path) {
    return header(send(request(path, host)).headers, "Location");
  }
};

TEST_F(RedirectRegexTest, MakesTheTargetFromTheUrl) {
  redirect("^(https?)://old\\.test/(.*)", "${1}://new.test/${2}");
  EXPECT_EQ(location("old.test", "/a%2Fb%20c"), "http://new.test/a%2Fb%20c");
  EXPECT_EQ(location("old.test:18080", "/a"), "");
  EXPECT_EQ(location("OLD.test", "/a"), "");
  connection_.secure = true;
  EXPECT_EQ(location("old.test", "/a"), "https://new.test/a");
}

TEST_F(RedirectRegexTest, SeesTheQuery) {
  redirect("^http://[^/]+/\\?id=(\\d+)$", "http://query.test/item/$1");
  http::Request asked = request("/");
  asked.query = "id=12";
  asked.has_query = true;
  EXPECT_EQ(header(send(std::move(asked)).headers, "Location"), "http://query.test/item/12");
}

TEST_F(RedirectRegexTest, AnswersByMethodAndPermanence) {
  redirect("^.*$", "/login", true);
  EXPECT_EQ(get("/x").status, 301);
  EXPECT_EQ(location("a.test", "/x"), "/login");
  http::Request head = request("/");
  head.method = "HEAD";
  EXPECT_EQ(send(std::move(head)).status, 308);
}

TEST_F(RedirectRegexTest, PassesWhatStaysTheSame) {
  redirect("^(.*)$", "$1");
  EXPECT_EQ(get("/x").status, 200);
}

TEST_F(RedirectRegexTest, EncodesTheTarget) {
  redirect("^http://spaces\\.test/(.*)", "http://new.test/a b/\xC3\xA9/$1");
  EXPECT_EQ(location("spaces.test", "/x%20y"), "http://new.test/a%20b/%C3%A9/x%20y");
}

TEST_F(RedirectRegexTest, KnowsIpv6Addresses) {
  redirect("^http://\\[([^\\]]+)\\](:\\d+)?/v6/(.*)", "https://[$1]:8443/$3");
  EXPECT_EQ(location("[fe80::1]:8080", "/v6/x"), "https://[fe80::1]:8443/x");
}

TEST_F(RedirectRegexTest, RefusesTargetsThatAreNoAddress) {
  redirect("^http://", "http://[bad/");
  const http::Response response = get("/");
  EXPECT_EQ(response.status, 502);
  EXPECT_EQ(response.body.bytes(), "Bad Gateway");
}

TEST_F(RedirectRegexTest, NeedsAnExpression) {
  model::HttpMiddleware options;
  options.redirectRegex.emplace().regex = "[";
  EXPECT_EQ(build_it(options), "error parsing regexp: missing closing ]: `[`");
}

}  // namespace
}  // namespace tandem::middleware
