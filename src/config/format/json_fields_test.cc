#include "config/format/json_fields.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace tandem::format {
namespace {

boost::json::object example() {
  return boost::json::parse(
             R"({"text": "a", "number": 1.5, "whole": 18446744073709551615, "below": -1, "flag": true,
                 "part": {"text": "b"}, "list": [1, 2]})")
      .get_object();
}

TEST(JsonFields, GiveWhatIsThere) {
  const boost::json::object from = example();
  EXPECT_EQ(text_in(from, "text"), "a");
  EXPECT_EQ(number_in(from, "number"), 1.5);
  EXPECT_EQ(whole_in(from, "whole"), UINT64_MAX);
  EXPECT_TRUE(flag_in(from, "flag"));
  EXPECT_EQ(text_in(part_in(from, "part"), "text"), "b");
  EXPECT_EQ(list_in(from, "list").size(), 2U);
}

TEST(JsonFields, OfAnotherTypeOrMissingAreNothing) {
  const boost::json::object from = example();
  for (const char* key : {"missing", "list"}) {
    EXPECT_EQ(text_in(from, key), "");
    EXPECT_EQ(number_in(from, key), 0);
    EXPECT_EQ(whole_in(from, key), 0U);
    EXPECT_FALSE(flag_in(from, key));
    EXPECT_TRUE(part_in(from, key).empty());
  }
  EXPECT_EQ(whole_in(from, "below"), 0U);
  EXPECT_EQ(whole_in(from, "number"), 0U);
  EXPECT_TRUE(list_in(from, "part").empty());
}

}  // namespace
}  // namespace tandem::format
