#include "base/text.h"

#include <gtest/gtest.h>

#include <array>

namespace tandem::base {
namespace {

TEST(Text, ComparesWithoutCase) {
  EXPECT_TRUE(equal_ignoring_case("EntryPoints", "entrypoints"));
  EXPECT_FALSE(equal_ignoring_case("a", "ab"));
  EXPECT_TRUE(starts_with_ignoring_case("Traefik.HTTP.x", "traefik.http"));
  EXPECT_FALSE(starts_with_ignoring_case("tra", "traefik"));
  EXPECT_EQ(lower_case("A-z_9"), "a-z_9");
  EXPECT_EQ(upper_case("entryPoints"), "ENTRYPOINTS");
}

TEST(Text, SplitsAndTrims) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(trimmed(" \t a b\r\n"), "a b");
  EXPECT_EQ(trimmed("  "), "");
}

TEST(Text, FindsWhatIsNotUtf8) {
  EXPECT_EQ(find_invalid_utf8("grüß €\U0001F600"), std::string_view::npos);
  EXPECT_EQ(find_invalid_utf8("ab\xff"), 2U);
  EXPECT_EQ(find_invalid_utf8("\xC0\x80"), 0U) << "overlong";
  EXPECT_EQ(find_invalid_utf8("\xED\xA0\x80"), 0U) << "surrogate";
  EXPECT_EQ(find_invalid_utf8("\xF4\x90\x80\x80"), 0U) << "beyond U+10FFFF";
  EXPECT_EQ(find_invalid_utf8("a\xE2\x82"), 1U) << "cut off";
}

TEST(Text, SuggestsOnlyWhatIsNear) {
  constexpr std::array<std::string_view, 3> kNames{"level", "format", "filePath"};
  EXPECT_EQ(nearest("levle", kNames), "level");
  EXPECT_EQ(nearest("FILEPAHT", kNames), "filePath");
  EXPECT_EQ(nearest("zzzz", kNames), "");
  EXPECT_EQ(nearest("", kNames), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), kNames), "");
}

}  // namespace
}  // namespace tandem::base
