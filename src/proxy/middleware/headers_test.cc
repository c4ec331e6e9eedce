#include "proxy/middleware/fixture.h"

namespace tandem::middleware {
namespace {

class HeadersTest : public MiddlewareTest {
 protected:
  void use(const model::Headers& headers) {
    model::HttpMiddleware options;
    options.headers = headers;
    ASSERT_EQ(build_it(options), "");
  }
  using Fields = std::vector<std::pair<std::string_view, std::string_view>>;
  http::Response ask(const Fields& fields, std::string_view method = "GET", std::string_view host = "test.local") {
    http::Request asked = request("/", host);
    asked.method = method;
    for (const auto& [name, value] : fields) asked.headers.add(name, value);
    return send(std::move(asked));
  }
  std::string seen(std::string_view name) { return header(next_->seen.headers, name); }
};

TEST_F(HeadersTest, SetsAndRemovesRequestHeaders) {
  use({.customRequestHeaders = {{"X-New", "one, two"}, {"x-lower", "low"}, {"X-Present", ""}, {"Cookie", ""}}});
  ask({{"X-Present", "a"}, {"X-Present", "b"}, {"X-LOWER", "z"}, {"Cookie", "a=1"}, {"Accept", "*/*"}});
  EXPECT_EQ(seen("X-New"), "one, two");
  EXPECT_EQ(seen("X-Lower"), "low");
  EXPECT_EQ(next_->seen.headers.size(), 3U);
}

TEST_F(HeadersTest, ReplacesTheHost) {
  use({.customRequestHeaders = {{"host", "inner.example:8080"}}});
  ask({});
  EXPECT_EQ(next_->seen.host, "inner.example:8080");
  EXPECT_TRUE(next_->seen.headers.empty());
}

TEST_F(HeadersTest, EmptyForwardedForHidesTheClient) {
  use({.customRequestHeaders = {{"X-Forwarded-For", ""}}});
  ask({{"X-Forwarded-For", "9.9.9.9"}});
  EXPECT_EQ(seen("X-Forwarded-For"), "");
  EXPECT_FALSE(exchange_.append_forwarded_for);
}

TEST_F(HeadersTest, RemovedUpgradeIsNoUpgrade) {
  use({.customRequestHeaders = {{"Upgrade", ""}}});
  http::Request asked = request("/");
  asked.upgrade = "websocket";
  send(std::move(asked));
  EXPECT_EQ(next_->seen.upgrade, "");
}

TEST_F(HeadersTest, SetsAndRemovesResponseHeaders) {
  use({.customResponseHeaders = {{"X-New", "1"}, {"X-Twice", "once"}, {"X-Gone", ""}, {"Content-Type", "text/html"}}});
  next_->answer = [](http::Response& response) {
    response.headers.add("X-Twice", "a");
    response.headers.add("X-Twice", "b");
    response.headers.add("X-Gone", "x");
    response.headers.add("Content-Type", "text/plain");
  };
  const http::Response response = ask({{"X-Gone", "stays"}});
  EXPECT_EQ(response.headers.size(), 3U);
  EXPECT_EQ(header(response.headers, "X-Twice"), "once");
  EXPECT_EQ(header(response.headers, "Content-Type"), "text/html");
  EXPECT_EQ(seen("X-Gone"), "stays");
}

TEST_F(HeadersTest, ConnectionCloseIsTheSessionsBusiness) {
  use({.customResponseHeaders = {{"Connection", "close"}}});
  const http::Response response = ask({});
  EXPECT_TRUE(response.close);
  EXPECT_TRUE(response.headers.empty());
}

TEST_F(HeadersTest, LeavesSwitchedProtocolsAlone) {
  use({.customResponseHeaders = {{"X-New", "1"}}, .addVaryHeader = true, .frameDeny = true});
  next_->answer = [](http::Response& response) { response.status = 101; };
  EXPECT_TRUE(ask({}).headers.empty());
}

TEST_F(HeadersTest, AnswersPreflightsItself) {
  use({.customResponseHeaders = {{"X-Custom", "1"}},
       .accessControlAllowHeaders = {"Content-Type", "X-Own"},
       .accessControlAllowMethods = {"GET", "PUT"},
       .accessControlAllowOriginList = {"https://one.test", "https://two.test"},
       .accessControlExposeHeaders = {"X-Seen", "X-Also"},
       .accessControlMaxAge = 600,
       .frameDeny = true});
  http::Response response = ask({{"Origin", "https://one.test"}, {"Access-Control-Request-Method", "PUT"}}, "OPTIONS");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.body.empty());
  EXPECT_EQ(response.headers.size(), 5U);
  EXPECT_EQ(header(response.headers, "Access-Control-Allow-Headers"), "Content-Type,X-Own");
  EXPECT_EQ(header(response.headers, "Access-Control-Allow-Methods"), "GET,PUT");
  EXPECT_EQ(header(response.headers, "Access-Control-Allow-Origin"), "https://one.test");
  EXPECT_EQ(header(response.headers, "Access-Control-Expose-Headers"), "X-Seen,X-Also");
  EXPECT_EQ(header(response.headers, "Access-Control-Max-Age"), "600");
  response = ask({{"Origin", "https://evil.test"}, {"Access-Control-Request-Method", "PUT"}}, "OPTIONS");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(header(response.headers, "Access-Control-Allow-Origin"), "");
  EXPECT_EQ(next_->calls, 0);
  ask({{"Origin", "https://one.test"}}, "OPTIONS");
  ask({{"Access-Control-Request-Method", "PUT"}}, "OPTIONS");
  EXPECT_EQ(next_->calls, 2);
}

TEST_F(HeadersTest, EchoesToPreflightsWithCredentials) {
  use({.accessControlAllowCredentials = true,
       .accessControlAllowHeaders = {"*"},
       .accessControlAllowMethods = {"*"},
       .accessControlAllowOriginList = {"*"},
       .accessControlExposeHeaders = {"*"}});
  http::Response response = ask({{"Origin", "https://any.test"},
                                 {"Access-Control-Request-Method", "PUT"},
                                 {"Access-Control-Request-Headers", "x-a, x-b"}},
                                "OPTIONS");
  EXPECT_EQ(header(response.headers, "Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(header(response.headers, "Access-Control-Allow-Headers"), "x-a, x-b");
  EXPECT_EQ(header(response.headers, "Access-Control-Allow-Methods"), "PUT");
  EXPECT_EQ(header(response.headers, "Access-Control-Allow-Origin"), "https://any.test");
  EXPECT_EQ(header(response.headers, "Access-Control-Expose-Headers"), "");
}

TEST_F(HeadersTest, AllowsOriginsOnResponses) {
  use({.accessControlAllowOriginList = {"https://one.test"},
       .accessControlAllowOriginListRegex = {"^https://[a-z]+\\.regex\\.test$", "local"}});
  next_->answer = [](http::Response& response) { response.headers.add("Access-Control-Allow-Origin", "own"); };
  const auto allowed = [this](std::string_view origin) {
    return header(ask({{"Origin", origin}}).headers, "Access-Control-Allow-Origin");
  };
  EXPECT_EQ(allowed("https://one.test"), "https://one.test");
  EXPECT_EQ(allowed("https://ONE.test"), "own");
  EXPECT_EQ(allowed("https://app.regex.test"), "https://app.regex.test");
  EXPECT_EQ(allowed("https://app.regex.test.evil.test"), "own");
  EXPECT_EQ(allowed("http://evil.localhost"), "http://evil.localhost");
}

TEST_F(HeadersTest, AllowsAnyOriginByAStar) {
  use({.accessControlAllowOriginList = {"*"}, .accessControlExposeHeaders = {"*"}});
  const http::Response response = ask({});
  EXPECT_EQ(header(response.headers, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(header(response.headers, "Access-Control-Expose-Headers"), "*");
}

TEST_F(HeadersTest, VariesByOriginBesideOthers) {
  use({.addVaryHeader = true});
  const auto vary = [this](std::vector<std::string> lines) {
    next_->answer = [lines](http::Response& response) {
      for (const std::string& line : lines) response.headers.add("Vary", line);
    };
    return header(ask({}).headers, "Vary");
  };
  EXPECT_EQ(vary({}), "Origin");
  EXPECT_EQ(vary({"Origin"}), "Origin");
  EXPECT_EQ(vary({"Accept-Encoding"}), "Accept-Encoding,Origin");
  EXPECT_EQ(vary({"Accept-Language", "Cookie"}), "Accept-Language,Cookie,Origin");
}

TEST_F(HeadersTest, SetsSecurityHeadersOverTheServersOwn) {
  use({.frameDeny = true,
       .contentTypeNosniff = true,
       .browserXssFilter = true,
       .contentSecurityPolicy = "default-src 'self'",
       .referrerPolicy = "same-origin",
       .permissionsPolicy = "camera=()"});
  next_->answer = [](http::Response& response) {
    response.headers.add("X-Frame-Options", "ALLOWALL");
    response.headers.add("X-Frame-Options", "DENY");
  };
  const http::Response response = ask({});
  EXPECT_EQ(response.headers.size(), 6U);
  EXPECT_EQ(header(response.headers, "X-Frame-Options"), "DENY");
  EXPECT_EQ(header(response.headers, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header(response.headers, "X-XSS-Protection"), "1; mode=block");
  EXPECT_EQ(header(response.headers, "Content-Security-Policy"), "default-src 'self'");
  EXPECT_EQ(header(response.headers, "Referrer-Policy"), "same-origin");
  EXPECT_EQ(header(response.headers, "Permissions-Policy"), "camera=()");
}

TEST_F(HeadersTest, CustomValuesWinOverSwitches) {
  use({.frameDeny = true,
       .customFrameOptionsValue = "SAMEORIGIN",
       .browserXssFilter = true,
       .customBrowserXSSValue = "0"});
  const http::Response response = ask({});
  EXPECT_EQ(header(response.headers, "X-Frame-Options"), "SAMEORIGIN");
  EXPECT_EQ(header(response.headers, "X-XSS-Protection"), "0");
}

TEST_F(HeadersTest, FreshNonceForEveryResponse) {
  use({.contentSecurityPolicy = "script-src $NONCE; style-src $NONCE"});
  const std::string first = header(ask({}).headers, "Content-Security-Policy");
  const std::string second = header(ask({}).headers, "Content-Security-Policy");
  EXPECT_TRUE(first.starts_with("script-src 'nonce-"));
  EXPECT_EQ(first.find("$NONCE"), std::string::npos);
  EXPECT_EQ(first.size(), std::string_view("script-src ; style-src ").size() + 2 * 32);
  EXPECT_NE(first, second);
}

TEST_F(HeadersTest, TransportSecurityNeedsTls) {
  use({.sslProxyHeaders = {{"X-Edge", "tls"}}, .stsSeconds = 60, .stsIncludeSubdomains = true, .stsPreload = true});
  EXPECT_EQ(header(ask({}).headers, "Strict-Transport-Security"), "");
  EXPECT_EQ(header(ask({{"X-Edge", "TLS"}}).headers, "Strict-Transport-Security"), "");
  const std::string full = "max-age=60; includeSubDomains; preload";
  EXPECT_EQ(header(ask({{"X-Edge", "tls"}}).headers, "Strict-Transport-Security"), full);
  connection_.secure = true;
  EXPECT_EQ(header(ask({}).headers, "Strict-Transport-Security"), full);
}

TEST_F(HeadersTest, TransportSecurityMayBeForced) {
  use({.stsSeconds = 60, .forceSTSHeader = true});
  EXPECT_EQ(header(ask({}).headers, "Strict-Transport-Security"), "max-age=60");
}

TEST_F(HeadersTest, DevelopmentSwitchesHostsAndTransportSecurityOff) {
  use({.allowedHosts = {"other.test"},
       .stsSeconds = 60,
       .forceSTSHeader = true,
       .frameDeny = true,
       .isDevelopment = true});
  const http::Response response = ask({});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.size(), 1U);
}

TEST_F(HeadersTest, RefusesOtherHosts) {
  use({.customResponseHeaders = {{"X-Custom", "1"}},
       .allowedHosts = {"good.test", "good.test:8080"},
       .hostsProxyHeaders = {"X-Forwarded-Hostname", "X-Host"},
       .frameDeny = true});
  EXPECT_EQ(ask({}, "GET", "GOOD.test").status, 200);
  EXPECT_EQ(ask({}, "GET", "good.test:8080").status, 200);
  EXPECT_EQ(ask({{"X-Host", "good.test"}}, "GET", "bad.test").status, 200);
  EXPECT_EQ(ask({{"X-Host", "bad.test"}}, "GET", "good.test").status, 500);
  const http::Response response = ask({}, "GET", "good.test:9090");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.bytes(), "Bad Host\n");
  EXPECT_EQ(header(response.headers, "X-Custom"), "1");
  EXPECT_EQ(header(response.headers, "X-Frame-Options"), "");
}

TEST_F(HeadersTest, NeedsAnOptionWithAnEffect) {
  model::HttpMiddleware options;
  options.headers.emplace().stsSeconds = 0;
  EXPECT_EQ(build_it(options), "headers configuration not valid");
  options.headers->sslRedirect = true;
  EXPECT_EQ(build_it(options), "");
  options.headers->accessControlAllowOriginListRegex = {"("};
  EXPECT_EQ(build_it(options), "error occurred during origin parsing: error parsing regexp: missing closing ): `(`");
}

}  // namespace
}  // namespace tandem::middleware
