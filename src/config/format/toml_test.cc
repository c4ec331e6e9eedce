#include "config/format/toml.h"

#include <gtest/gtest.h>

#include "config/format/json.h"

namespace tandem::format {
namespace {

std::string json(std::string_view text) {
  const auto value = parse_toml(text, "f.toml");
  return value ? serialize_json(*value) : value.error().text();
}

TEST(Toml, ReadsTablesAndArraysOfTables) {
  EXPECT_EQ(json("[a.b]\nx = 1\ny = [\"p\", \"q\"]\n[[a.c]]\nz = true\n[[a.c]]\nz = 1.5\n"),
            R"({"a":{"b":{"x":1,"y":["p","q"]},"c":[{"z":true},{"z":1.5}]}})");
  EXPECT_EQ(json("a.b = {c = 2001-02-03}\n"), R"({"a":{"b":{"c":"2001-02-03"}}})");
  EXPECT_EQ(json(""), "{}");
}

TEST(Toml, KeepsPositions) {
  const auto value = parse_toml("[log]\n  levle = \"DEBUG\"\n", "f.toml");
  EXPECT_EQ(value->find("log")->find("levle")->position().text(), "f.toml:2:3");
}

TEST(Toml, SaysWhereASyntaxErrorIs) {
  EXPECT_TRUE(json("[a]\n[b\n").starts_with("f.toml:2:")) << json("[a]\n[b\n");
  EXPECT_TRUE(json("[a]\nx = 1\n[a]\ny = 2\n").starts_with("f.toml:3:"));
  EXPECT_TRUE(json("a: {b: 1}").starts_with("f.toml:1:"));
  EXPECT_EQ(json("[a]\nx = 1\n[[,]]\ny = 2\n"), "f.toml:3: invalid syntax") << "toml++ asserts here";
  EXPECT_TRUE(json("a = 1\n\u00e9 = 2").starts_with("f.toml:2:1: "));
  EXPECT_TRUE(json("a = [0c'\u00e9']").starts_with("f.toml:1:7: "));
  EXPECT_EQ(json("a = \"\xff\""), "f.toml:1:6: invalid UTF-8");
  EXPECT_TRUE(json("a = 99999999999999999999").starts_with("f.toml:1:"));
}

TEST(Toml, RefusesDeepNesting) {
  std::string key = "a";
  for (int i = 0; i < 100'000; ++i) key += ".a";
  EXPECT_NE(json(key + " = 1").find("nested too deeply"), std::string::npos);
  EXPECT_NE(json("[" + key + "]").find("nested too deeply"), std::string::npos);
  EXPECT_NE(json("x = {\"=\"." + key + " = 1}").find("nested too deeply"), std::string::npos);
  EXPECT_TRUE(json("x = " + std::string(100'000, '[')).starts_with("f.toml:1:"));
  EXPECT_NE(json("x = " + std::string(150, '[') + std::string(150, ']')).find("nested too deeply"), std::string::npos);
}

TEST(Toml, ManyDotsOutsideOfKeysAreFine) {
  std::string list;
  for (int i = 0; i < 50; ++i) list += "\"10.0.0.1\", 0.5, ";
  EXPECT_TRUE(json("a = [" + list + "]\n").starts_with("{"));
  EXPECT_EQ(json("\"\u00e9\" = [\"\"\"a\"\"\"\", '\u00e9', \"\\\"\u00e9\"] # \u00e9\n"), R"({"é":["a\"","é","\"é"]})");
  const std::string dots(200, '.');
  EXPECT_TRUE(json("a = \"" + dots + "\"\nb = '" + dots + "' # " + dots + "\nc = \"\"\"\n" + dots + "\n\"\"\"\n")
                  .starts_with("{"));
}

}  // namespace
}  // namespace tandem::format
