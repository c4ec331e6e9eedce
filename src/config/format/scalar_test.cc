#include "config/format/scalar.h"

#include <gtest/gtest.h>

namespace tandem::format {
namespace {

using namespace std::chrono_literals;

std::string duration(std::string_view text) {
  const auto parsed = parse_duration(text);
  return parsed ? format_duration(*parsed) : parsed.error().text();
}

TEST(Scalar, BooleansAreGos) {
  EXPECT_TRUE(*parse_bool("T"));
  EXPECT_FALSE(*parse_bool("0"));
  EXPECT_EQ(parse_bool("yes").error().text(), R"(strconv.ParseBool: parsing "yes": invalid syntax)");
  EXPECT_EQ(parse_bool("a\"b\n").error().text(), R"(strconv.ParseBool: parsing "a\"b\n": invalid syntax)");
}

TEST(Scalar, IntegersKnowTheirRange) {
  EXPECT_EQ(*parse_integer("-128", 8), -128);
  EXPECT_EQ(*parse_integer("+7", 64), 7);
  EXPECT_EQ(*parse_integer("-9223372036854775808", 64), INT64_MIN);
  EXPECT_EQ(parse_integer("128", 8).error().text(), R"(strconv.ParseInt: parsing "128": value out of range)");
  EXPECT_EQ(parse_integer("99999999999999999999999", 64).error().text(),
            R"(strconv.ParseInt: parsing "99999999999999999999999": value out of range)");
  EXPECT_EQ(parse_integer("7.5", 32).error().text(), R"(strconv.ParseInt: parsing "7.5": invalid syntax)");
  EXPECT_FALSE(parse_integer("", 64).has_value());
  EXPECT_FALSE(parse_integer("0x10", 64).has_value());
  EXPECT_EQ(*parse_unsigned("18446744073709551615", 64), UINT64_MAX);
  EXPECT_EQ(parse_unsigned("-1", 64).error().text(), R"(strconv.ParseUint: parsing "-1": invalid syntax)");
  EXPECT_EQ(parse_unsigned("256", 8).error().text(), R"(strconv.ParseUint: parsing "256": value out of range)");
}

TEST(Scalar, FloatsAreReadAndWritten) {
  EXPECT_DOUBLE_EQ(*parse_float("+1.5e3"), 1500);
  EXPECT_EQ(parse_float("1e999").error().text(), R"(strconv.ParseFloat: parsing "1e999": value out of range)");
  EXPECT_EQ(parse_float("+-1").error().text(), R"(strconv.ParseFloat: parsing "+-1": invalid syntax)");
  EXPECT_FALSE(parse_float("").has_value());
  EXPECT_EQ(format_float(1000), "1000");
  EXPECT_EQ(format_float(0.1), "0.1");
  EXPECT_EQ(format_float(1e300).size(), 301U);
  EXPECT_LT(format_float(-5e-324).size(), 400U);
}

TEST(Scalar, DurationsAreGosOrSeconds) {
  EXPECT_EQ(duration("42"), "42s");
  EXPECT_EQ(duration("60"), "1m0s");
  EXPECT_EQ(duration("0"), "0s");
  EXPECT_EQ(duration("-1s"), "-1s");
  EXPECT_EQ(duration("1h2m3.5s"), "1h2m3.5s");
  EXPECT_EQ(duration("1.5h"), "1h30m0s");
  EXPECT_EQ(duration("100ms"), "100ms");
  EXPECT_EQ(duration("1.1s"), "1.1s");
  EXPECT_EQ(duration("3\u00b5s"), "3\u00b5s");
  EXPECT_EQ(duration("1500us"), "1.5ms");
  EXPECT_EQ(duration("7ns"), "7ns");
  EXPECT_EQ(duration(".5s"), "500ms");
  EXPECT_EQ(format_duration(std::chrono::nanoseconds::min()), "-2562047h47m16.854775808s");
}

TEST(Scalar, BadDurationsHaveGosWords) {
  EXPECT_EQ(duration(""), R"(time: invalid duration "")");
  EXPECT_EQ(duration("1.5"), R"(time: missing unit in duration "1.5")");
  EXPECT_EQ(duration("3d"), R"(time: unknown unit "d" in duration "3d")");
  EXPECT_EQ(duration("3 s"), R"(time: unknown unit " s" in duration "3 s")");
  EXPECT_EQ(duration("s"), R"(time: invalid duration "s")");
  EXPECT_EQ(duration("."), R"(time: invalid duration ".")");
  EXPECT_EQ(duration("9999999999h"), R"(time: invalid duration "9999999999h")");
  EXPECT_EQ(duration("2562047h2562047h"), R"(time: invalid duration "2562047h2562047h")");
  EXPECT_EQ(duration("99999999999"), R"(time: invalid duration "99999999999")");
}

}  // namespace
}  // namespace tandem::format
