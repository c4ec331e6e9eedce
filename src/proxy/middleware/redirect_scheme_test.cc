#include "proxy/middleware/fixture.h"

namespace tandem::middleware {
namespace {

class RedirectSchemeTest : public MiddlewareTest {
 protected:
  void redirect(std::string scheme, std::string port = {}, bool permanent = false) {
    model::HttpMiddleware options;
    options.redirectScheme.emplace() = {.scheme = std::move(scheme), .port = std::move(port), .permanent = permanent};
    ASSERT_EQ(build_it(options), "");
  }
  /// Where a request to that host goes; empty when it passes.
  std::string location(std::string_view host, std::string_view path = "/") {
    const http::Response response = send(request(path, host));
    return header(response.headers, "Location");
  }
};

TEST_F(RedirectSchemeTest, AnswersByMethodAndPermanence) {
  redirect("https");
  const http::Response response = get("/x");
  EXPECT_EQ(response.status, 302);
  EXPECT_EQ(response.body.bytes(), "Found");
  EXPECT_EQ(response.headers.size(), 1U);
  http::Request head = request("/");
  head.method = "HEAD";
  EXPECT_EQ(send(std::move(head)).status, 307);
  redirect("https", "", true);
  EXPECT_EQ(get("/").status, 301);
  http::Request put = request("/");
  put.method = "PUT";
  EXPECT_EQ(send(std::move(put)).status, 308);
}

TEST_F(RedirectSchemeTest, KeepsHostPathAndQuery) {
  redirect("https");
  http::Request asked = request("/a%2Fb/c", "HTTPS.Test:80");
  asked.query = "x=1&y=%20&z";
  asked.has_query = true;
  EXPECT_EQ(header(send(std::move(asked)).headers, "Location"), "https://HTTPS.Test/a%2Fb/c?x=1&y=%20&z");
}

TEST_F(RedirectSchemeTest, ReplacesThePort) {
  redirect("https");
  EXPECT_EQ(location("https.test:18080"), "https://https.test/");
  redirect("https", "443");
  EXPECT_EQ(location("https.test:18080"), "https://https.test/");
  redirect("https", "18443");
  EXPECT_EQ(location("https.test:18080"), "https://https.test:18443/");
}

TEST_F(RedirectSchemeTest, KnowsIpv6Addresses) {
  redirect("https");
  EXPECT_EQ(location("[::1]:18080", "/x"), "https://[::1]/x");
  EXPECT_EQ(location("[::1]", "/x"), "https://[::1]/x");
}

TEST_F(RedirectSchemeTest, PassesWhatIsThereAlready) {
  connection_.secure = true;
  redirect("https");
  EXPECT_EQ(location("https.test"), "");
  EXPECT_EQ(location("https.test:443"), "");
  EXPECT_EQ(location("https.test:18443"), "https://https.test/");
  redirect("https", "18443");
  EXPECT_EQ(location("https.test:18443"), "");
  EXPECT_EQ(location("https.test"), "https://https.test:18443/");
  connection_.secure = false;
  redirect("http", "8080");
  EXPECT_EQ(location("http.test:8080"), "");
  EXPECT_EQ(location("http.test"), "http://http.test:8080/");
}

TEST_F(RedirectSchemeTest, BelievesForwardedProto) {
  redirect("https");
  for (const char* proto : {"https", "HTTPS", "wss"}) {
    http::Request asked = request("/");
    asked.headers.add("X-Forwarded-Proto", proto);
    EXPECT_EQ(send(std::move(asked)).status, 200) << proto;
  }
  http::Request asked = request("/");
  asked.headers.add("X-Forwarded-Proto", "gopher");
  EXPECT_EQ(send(std::move(asked)).status, 302);
}

TEST_F(RedirectSchemeTest, NeedsAScheme) {
  model::HttpMiddleware options;
  options.redirectScheme.emplace().port = "443";
  EXPECT_EQ(build_it(options), "you must provide a target scheme");
}

}  // namespace
}  // namespace tandem::middleware
