#include <cstdlib>
#include <fstream>

#include "proxy/middleware/fixture.h"

namespace tandem::middleware {
namespace {

constexpr const char* kAlice = "alice:$apr1$yF5nFC2p$X5.J72gNho41vUVwaYu6r0";  // wonder
constexpr const char* kCarol = "carol:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";      // secret
constexpr const char* kAliceWonder = "Basic YWxpY2U6d29uZGVy";
constexpr const char* kCarolSecret = "Basic Y2Fyb2w6c2VjcmV0";

class BasicAuthTest : public MiddlewareTest {
 protected:
  void guard(std::vector<std::string> users) {
    for (std::string& user : users) options_.users.push_back({std::move(user)});
    ASSERT_EQ(build(), "");
  }
  std::string build() {
    model::HttpMiddleware options;
    options.basicAuth = options_;
    return build_it(options);
  }
  http::Response with(std::string_view authorization) {
    http::Request asked = request("/");
    asked.headers.add("Authorization", authorization);
    return send(std::move(asked));
  }

  model::BasicAuth options_;
};

TEST_F(BasicAuthTest, ChallengesWhoeverSaysNothing) {
  guard({kCarol});
  const http::Response response = get("/");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.body.bytes(), "401 Unauthorized\n");
  EXPECT_EQ(header(response.headers, "Content-Type"), "text/plain");
  EXPECT_EQ(header(response.headers, "WWW-Authenticate"), "Basic realm=\"traefik\"");
  EXPECT_EQ(next_->calls, 0);
}

TEST_F(BasicAuthTest, AdmitsByFastAndSlowHashes) {
  guard({kAlice, kCarol});
  EXPECT_EQ(with(kCarolSecret).status, 200);
  EXPECT_EQ(with(kAliceWonder).status, 200);
  EXPECT_EQ(exchange_.client_user, "alice");
  EXPECT_EQ(with(kAliceWonder).status, 200);  // remembered
  EXPECT_EQ(with("bAsIc YWxpY2U6d29uZGVy").status, 200);
  EXPECT_EQ(header(next_->seen.headers, "Authorization"), "bAsIc YWxpY2U6d29uZGVy");
}

TEST_F(BasicAuthTest, RefusesWrongNamesAndPasswords) {
  guard({kAlice, kCarol});
  EXPECT_EQ(with("Basic YWxpY2U6V29uZGVy").status, 401);  // alice:Wonder
  EXPECT_EQ(with("Basic em9lOndvbmRlcg==").status, 401);  // zoe:wonder, which is alice's
  EXPECT_EQ(with("Basic Y2Fyb2w6d29uZGVy").status, 401);  // carol:wonder
  EXPECT_EQ(next_->calls, 0);
}

TEST_F(BasicAuthTest, ReadsHeadersStrictly) {
  guard({kAlice});
  for (const char* value : {"", "Bearer YWxpY2U6d29uZGVy", "BasicYWxpY2U6d29uZGVy", "Basic  YWxpY2U6d29uZGVy",
                            "Basic alice:wonder", "Basic YWxpY2V3b25kZXI=", "Basic YWxpY2U6d29uZGV", "Basic "}) {
    EXPECT_EQ(with(value).status, 401) << value;
  }
}

TEST_F(BasicAuthTest, TellsTheUserAndHidesTheCredentials) {
  options_.headerField = "X-WebAuth-User";
  options_.removeHeader = true;
  guard({kCarol});
  http::Request asked = request("/");
  asked.headers.add("Authorization", kCarolSecret);
  asked.headers.add("Authorization", "Bearer other");
  asked.headers.add("X-WebAuth-User", "admin");
  EXPECT_EQ(send(std::move(asked)).status, 200);
  ASSERT_EQ(next_->seen.headers.size(), 1U);
  EXPECT_EQ(next_->seen.headers.begin()->name, "X-WebAuth-User");
  EXPECT_EQ(next_->seen.headers.begin()->value, "carol");
}

TEST_F(BasicAuthTest, EscapesTheRealm) {
  options_.realm = "The \"inner\" room";
  guard({kCarol});
  EXPECT_EQ(header(get("/").headers, "WWW-Authenticate"), "Basic realm=\"The \\\"inner\\\" room\"");
}

TEST_F(BasicAuthTest, TakesUsersOfAFileAndThenOfTheList) {
  options_.usersFile = testing::TempDir() + "tandem_basic_auth_users.txt";
  std::ofstream(options_.usersFile) << "# people\n\n  " << kCarol << "  \n" << kAlice << "\n#dave:x\n";
  guard({"carol:$apr1$yF5nFC2p$X5.J72gNho41vUVwaYu6r0"});
  EXPECT_EQ(with(kAliceWonder).status, 200);
  EXPECT_EQ(with("Basic Y2Fyb2w6d29uZGVy").status, 200);  // carol:wonder
  EXPECT_EQ(with(kCarolSecret).status, 401);
}

TEST_F(BasicAuthTest, RefusesToBeWithoutUsers) {
  EXPECT_EQ(build(), "no users found in ");
  options_.usersFile = "nowhere.txt";
  EXPECT_EQ(build(), "open nowhere.txt: no such file or directory");
  options_.usersFile.clear();
  options_.users = {{"a:b:c"}};
  EXPECT_EQ(build(), "error parsing BasicUser: a:b:c");
}

}  // namespace
}  // namespace tandem::middleware
