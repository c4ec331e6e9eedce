#include "proxy/middleware/fixture.h"

namespace tandem::middleware {
namespace {

class StripPrefixTest : public MiddlewareTest {
 protected:
  void strip(std::vector<std::string> prefixes, std::optional<bool> force_slash = {}) {
    model::HttpMiddleware options;
    options.stripPrefix.emplace() = {.prefixes = std::move(prefixes), .forceSlash = force_slash};
    ASSERT_EQ(build_it(options), "");
  }
  /// "path prefix" as the next handler sees it.
  std::string behind(std::string_view path) {
    get(path);
    return std::string(next_->seen.path) + " " + header(next_->seen.headers, "X-Forwarded-Prefix");
  }
};

TEST_F(StripPrefixTest, CutsThePrefixAndTellsIt) {
  strip({"/api"});
  EXPECT_EQ(behind("/api/x"), "/x /api");
  EXPECT_EQ(behind("/apis/x"), "/s/x /api");
  EXPECT_EQ(behind("/api/"), "/ /api");
  EXPECT_EQ(behind("/api/api/x"), "/api/x /api");
}

TEST_F(StripPrefixTest, LeavesOtherPathsAlone) {
  strip({"/api"});
  EXPECT_EQ(behind("/x/api"), "/x/api ");
  EXPECT_EQ(behind("/API/x"), "/API/x ");
}

TEST_F(StripPrefixTest, TakesTheFirstOfTheList) {
  strip({"/a", " /ab ", "/c/d", "/c"});
  EXPECT_EQ(behind("/abc"), "/bc /a");
  EXPECT_EQ(behind("/c/d/e"), "/e /c/d");
  EXPECT_EQ(behind("/c/x"), "/x /c");
}

TEST_F(StripPrefixTest, ComparesDecodedPaths) {
  strip({"/api"});
  EXPECT_EQ(behind("/%61pi/x"), "/x /api");
  EXPECT_EQ(behind("/api/x%2Fy"), "/x%2Fy /api");
  EXPECT_EQ(behind("/api%2Fx"), "/x /api");
}

TEST_F(StripPrefixTest, MayLeaveNothing) {
  strip({"/api"});
  EXPECT_EQ(behind("/api"), " /api");
  strip({"/api"}, true);
  EXPECT_EQ(behind("/api"), "/ /api");
}

TEST_F(StripPrefixTest, AddsToAHeaderThatIsThere) {
  strip({"/api"});
  http::Request asked = request("/api/x");
  asked.headers.add("X-Forwarded-Prefix", "/outer");
  send(std::move(asked));
  EXPECT_EQ(header(next_->seen.headers, "X-Forwarded-Prefix"), "/outer | /api");
}

TEST_F(StripPrefixTest, RefusesWhatWouldPointElsewhere) {
  strip({"/api"});
  for (const char* path : {"/api../foo", "/api./foo", "/api//foo"}) {
    const http::Response response = get(path);
    EXPECT_EQ(response.status, 400) << path;
    EXPECT_EQ(response.body.bytes(), "Bad Request\n");
  }
  EXPECT_EQ(next_->calls, 0);
}

}  // namespace
}  // namespace tandem::middleware
