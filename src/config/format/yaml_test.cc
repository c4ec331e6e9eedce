#include "config/format/yaml.h"

#include <gtest/gtest.h>

#include "config/format/json.h"

namespace tandem::format {
namespace {

std::string json(std::string_view text) {
  const auto value = parse_yaml(text, "f.yml");
  return value ? serialize_json(*value) : value.error().text();
}

TEST(Yaml, ReadsScalarsAsGoDoes) {
  EXPECT_EQ(json("[true, False, yes, on, y, ~, null, '', \"1\", 'true']"),
            R"([true,false,"yes","on","y",null,null,"","1","true"])");
  EXPECT_EQ(json("[7, -7, +7, 0x10, 0o17, 017, 0b11, 1_000, 1.5, 1e3, .5, 08, 1.2.3, 12:30, 0x, -]"),
            R"([7,-7,7,16,15,15,3,1000,1.5,1000,0.5,8,"1.2.3","12:30","0x","-"])");
  EXPECT_EQ(json("[!!str 7, !!int '7', 2001-01-01, 99999999999999999999, 1e999]"),
            R"(["7",7,"2001-01-01","99999999999999999999","1e999"])");
}

TEST(Yaml, KeepsPositionsOfKeysAndElements) {
  const auto value = parse_yaml("a:\n  b: 1\n  c:\n    - x\n    - y\n", "f.yml");
  EXPECT_EQ(value->find("a")->find("b")->position().text(), "f.yml:2:3");
  EXPECT_EQ((*value->find("a")->find("c")->array())[1].position().text(), "f.yml:5:7");
}

TEST(Yaml, ExpandsAnchorsAndMerges) {
  EXPECT_EQ(json("x: &a {p: 1, q: 2}\ny: {q: 3, <<: *a}\nz: *a\n"),
            R"({"x":{"p":1,"q":2},"y":{"q":3,"p":1},"z":{"p":1,"q":2}})");
  EXPECT_EQ(json("a: &a {p: 1}\nb: &b {p: 2, q: 2}\nc: {<<: [*a, *b]}\n"),
            R"({"a":{"p":1},"b":{"p":2,"q":2},"c":{"p":1,"q":2}})");
  EXPECT_EQ(json("{'<<': 1}"), R"({"\u003c\u003c":1})");
  EXPECT_TRUE(json("a: {<<: 1}").starts_with("f.yml:1:"));
  EXPECT_TRUE(json("a: *nope").starts_with("f.yml:1:"));
  EXPECT_TRUE(json("a: &x [*x]").starts_with("f.yml:1:8: an anchor contains itself"));
}

TEST(Yaml, RefusesKeysThatAppearTwice) {
  EXPECT_EQ(json("a: 1\nb: 2\na: 3\n"), R"(f.yml:3:1: mapping key "a" already defined at line 1)");
  EXPECT_EQ(json("? [a]\n: b\n"), "f.yml:1:3: a mapping key must be a scalar (or a bracket is not closed)");
  EXPECT_EQ(json("1: a\ntrue: b\n"), R"({"1":"a","true":"b"})");
}

TEST(Yaml, ReadsOnlyTheFirstDocument) {
  EXPECT_EQ(json("---\na: 1\n---\n]broken"), R"({"a":1})");
  EXPECT_EQ(json(""), "null");
  EXPECT_EQ(json("# nothing\n"), "null");
  EXPECT_EQ(json("\xEF\xBB\xBF"
                 "a: 1\r\nb: 2\r\n"),
            R"({"a":1,"b":2})");
}

TEST(Yaml, SaysWhereASyntaxErrorIs) {
  EXPECT_TRUE(json("entryPoints: [web\n").starts_with("f.yml:")) << json("entryPoints: [web\n");
  EXPECT_TRUE(json("a:\n\tb: {}\n").starts_with("f.yml:2:")) << json("a:\n\tb: {}\n");
  EXPECT_TRUE(json("a: b: c").starts_with("f.yml:1:"));
  EXPECT_EQ(json("a: 1\nbe:\nc\n"), "f.yml:3:1: could not find expected ':'");
  EXPECT_EQ(json("a:\n  \"b\"  :\n  {c}: 1\n").substr(0, 5), "f.yml");
  EXPECT_EQ(json("a: {b, c: }\n'd:e' :\nf:\n"), R"({"a":{"b":null,"c":null},"d:e":null,"f":null})");
  EXPECT_EQ(json("a: \x01"), "f.yml:1:4: control characters are not allowed");
  EXPECT_EQ(json("a: \xff"), "f.yml:1:4: invalid UTF-8");
  EXPECT_EQ(json(std::string_view("a: \0", 4)), "f.yml:1:4: control characters are not allowed");
}

TEST(Yaml, RefusesAQuoteThatIsNotClosed) {
  EXPECT_EQ(json("a: 1\nb: \"x\nc: 2\n"), "f.yml:2:4: found unexpected end of stream: a quote is not closed");
  EXPECT_EQ(json("a: 'it''s\n"), "f.yml:1:4: found unexpected end of stream: a quote is not closed");
  EXPECT_EQ(json("a: \"x\\\"\n"), "f.yml:1:4: found unexpected end of stream: a quote is not closed");
  EXPECT_EQ(json("a: 'it''s\n  long'\nb: !!str it's\nc: !!str \"x\\\"\""), R"({"a":"it's long","b":"it's","c":"x\""})");
  EXPECT_EQ(json("a: |\n  it's \"\n"), R"({"a":"it's \"\n"})");
}

TEST(Yaml, RefusesDeepNesting) {
  EXPECT_NE(json(std::string(100'000, '[') + std::string(100'000, ']')).find("nested too deeply"), std::string::npos);
  EXPECT_NE(json(std::string(100'000, '[')).find("f.yml:1:1: "), std::string::npos);
  EXPECT_NE(json(std::string(3'000, '{')).find("f.yml:1:"), std::string::npos);
  std::string block;
  for (std::size_t i = 0; i < 200; ++i) block.append(std::string(i, ' ')).append("a:\n");
  EXPECT_NE(json(block).find("nested too deeply"), std::string::npos);
  std::string chain = "a0: &a0 [1]\n";  // each alias is shallow, their sum is not
  for (int i = 1; i < 150; ++i) {
    const auto n = std::to_string(i);
    chain += "a" + n + ": &a" + n + " [*a" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_NE(json(chain).find("nested too deeply"), std::string::npos);
}

TEST(Yaml, BoundsWhatAliasesExpandTo) {
  std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 12; ++i) {
    const auto n = std::to_string(i);
    laughs += "a" + n + ": &a" + n + " [";
    for (int k = 0; k < 9; ++k) laughs += (k > 0 ? ", *a" : "*a") + std::to_string(i - 1);
    laughs += "]\n";
  }
  EXPECT_NE(json(laughs).find("aliases expand to too much"), std::string::npos);
}

}  // namespace
}  // namespace tandem::format
