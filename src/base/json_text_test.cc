#include "base/json_text.h"

#include <gtest/gtest.h>

namespace tandem::base {
namespace {

std::string written(std::string_view text, JsonEscapes escapes) {
  std::string out;
  append_json_string(out, text, escapes);
  return out;
}

TEST(JsonText, PlainTextStandsForItself) {
  for (const JsonEscapes escapes : {JsonEscapes::kHtml, JsonEscapes::kNeeded}) {
    EXPECT_EQ(written("", escapes), R"("")");
    EXPECT_EQ(written("a b/c'd", escapes), R"("a b/c'd")");
    EXPECT_EQ(written("grün € 🙂", escapes), "\"grün € 🙂\"");
  }
}

TEST(JsonText, WhatAStringMustNotHoldIsEscaped) {
  for (const JsonEscapes escapes : {JsonEscapes::kHtml, JsonEscapes::kNeeded}) {
    EXPECT_EQ(written("say \"hi\" \\", escapes), R"("say \"hi\" \\")");
    EXPECT_EQ(written("\b\f\n\r\t", escapes), R"("\b\f\n\r\t")");
    EXPECT_EQ(written(std::string_view("\0\x1f", 2), escapes), R"("\u0000\u001f")");
  }
}

TEST(JsonText, WhatIsNoUtf8IsReplacedByteByByte) {
  for (const JsonEscapes escapes : {JsonEscapes::kHtml, JsonEscapes::kNeeded}) {
    EXPECT_EQ(written("a\xff\xfe", escapes), R"("a\ufffd\ufffd")");
    EXPECT_EQ(written("\xc3", escapes), R"("\ufffd")");
    EXPECT_EQ(written("\xed\xa0\x80", escapes), R"("\ufffd\ufffd\ufffd")");
    EXPECT_EQ(written("\xe2\x82x", escapes), R"("\ufffd\ufffdx")");
  }
}

TEST(JsonText, OnlyTextForHtmlEscapesItsCharacters) {
  EXPECT_EQ(written("<a&b>\u2028\u2029\x7f", JsonEscapes::kHtml), "\"\\u003ca\\u0026b\\u003e\\u2028\\u2029\x7f\"");
  EXPECT_EQ(written("<a&b>\u2028\u2029\x7f", JsonEscapes::kNeeded), "\"<a&b>\u2028\u2029\\u007f\"");
}

}  // namespace
}  // namespace tandem::base
