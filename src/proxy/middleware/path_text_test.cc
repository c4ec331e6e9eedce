#include "proxy/middleware/path_text.h"

#include <gtest/gtest.h>

namespace tandem::middleware {
namespace {

TEST(PathText, EscapesWhatMayNotStandInAPath) {
  EXPECT_EQ(escape_path("/a b/ü?#%(x)"), "/a%20b/%C3%BC%3F%23%25%28x%29");
  EXPECT_EQ(escape_path("/plain-_.~$&+,:;=@"), "/plain-_.~$&+,:;=@");
}

TEST(PathText, CountsEncodedBytes) {
  EXPECT_EQ(encoded_size("/%61pi/x", 4), 6U);
  EXPECT_EQ(encoded_size("/%zzx", 2), 2U);
  EXPECT_EQ(encoded_size("/a", 9), 2U);
}

TEST(PathText, KnowsCleanPaths) {
  for (const char* path : {"", "/", "/a", "/a/", "/a/b", "/...", "/.a", "s/x"})
    EXPECT_TRUE(is_clean_path(path)) << path;
  for (const char* path : {"//", "//a", "/a//b", "/a//", "/.", "/..", "/./a", "/a/..", "/a/../"}) {
    EXPECT_FALSE(is_clean_path(path)) << path;
  }
}

TEST(PathText, CutsWithoutMakingAnotherPath) {
  http::Arena arena;
  EXPECT_EQ(cut_path("/api/x%2Fy", 4, arena), "/x%2Fy");
  EXPECT_EQ(cut_path("/api%2Fx", 4, arena), "/x");
  EXPECT_EQ(cut_path("/apis", 4, arena), "/s");
  EXPECT_EQ(cut_path("/api", 4, arena), "");
  EXPECT_EQ(cut_path("/api/", 4, arena), "/");
  EXPECT_EQ(cut_path("/api../x", 4, arena), std::nullopt);
  EXPECT_EQ(cut_path("/api./x", 4, arena), std::nullopt);
  EXPECT_EQ(cut_path("/api/%2e%2e/x", 4, arena), std::nullopt);
  EXPECT_EQ(cut_path("/api//x", 4, arena), std::nullopt);
}

}  // namespace
}  // namespace tandem::middleware
