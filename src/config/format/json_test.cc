#include "config/format/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tandem::format {
namespace {

std::string again(std::string_view text) {
  const auto value = parse_json(text, "f.json");
  return value ? serialize_json(*value) : value.error().text();
}
std::string number(double value) { return serialize_json({value, {}}); }

TEST(Json, KeepsTheOrderOfMembers) {
  EXPECT_EQ(again(R"( {"b": 1, "a": [true, null, "x", -2.5], "c": {}} )"),
            R"({"b":1,"a":[true,null,"x",-2.5],"c":{}})");
}

TEST(Json, EscapesAsGoDoes) {
  EXPECT_EQ(again(R"(["<a href=\"x\">&\u2028\u0001\b\f\n\r\t/\\é"])"),
            R"(["\u003ca href=\"x\"\u003e\u0026\u2028\u0001\b\f\n\r\t/\\é"])");
  EXPECT_EQ(serialize_json({std::string("a\xff\xE2\x82"), {}}), R"("a\ufffd\ufffd\ufffd")");
}

TEST(Json, WritesNumbersAsGoDoes) {
  EXPECT_EQ(number(1), "1");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(1e20), "100000000000000000000");
  EXPECT_EQ(number(1e21), "1e+21");
  EXPECT_EQ(number(1e-7), "1e-7");
  EXPECT_EQ(number(1e-10), "1e-10");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
}

TEST(Json, PrettyPrintsWithTwoBlanks) {
  const auto value = parse_json(R"({"a":[1,{"b":[]}],"c":{}})", "f");
  EXPECT_EQ(serialize_json_pretty(*value),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}");
}

TEST(Json, SaysWhereASyntaxErrorIs) {
  EXPECT_EQ(again("{\"a\": 1,\n  \"b\": x}").substr(0, 11), "f.json:2:8:");
  EXPECT_TRUE(again("{} {}").starts_with("f.json:1:4: extra text"));
  EXPECT_TRUE(again("").starts_with("f.json:1:1: "));
  EXPECT_TRUE(again("{\"a\":").starts_with("f.json:1:6: "));
}

TEST(Json, RefusesDeepNestingInvalidUtf8AndTakesHugeNumbers) {
  EXPECT_NE(again(std::string(100'000, '[')).find("deep"), std::string::npos);
  EXPECT_EQ(again("[\"\xff\"]"), "f.json:1:3: invalid UTF-8");
  EXPECT_EQ(again("[18446744073709551615]"), R"(["18446744073709551615"])");
  EXPECT_FALSE(again("[1e99999]").empty());
}

}  // namespace
}  // namespace tandem::format
