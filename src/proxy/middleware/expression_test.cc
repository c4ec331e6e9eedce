#include "proxy/middleware/expression.h"

#include <gtest/gtest.h>

namespace tandem::middleware {
namespace {

std::string error_of(std::string_view text) {
  const auto compiled = compile_expression(text);
  return compiled ? "" : compiled.error().text();
}

std::string replaced(std::string_view expression, std::string_view replacement, std::string_view text) {
  http::Arena arena;
  return std::string(Replacement::build(expression, replacement)->apply(text, arena));
}

TEST(Expression, ErrorsReadAsInGo) {
  EXPECT_EQ(error_of("("), "error parsing regexp: missing closing ): `(`");
  EXPECT_EQ(error_of("/("), "error parsing regexp: missing closing ): `/(`");
  EXPECT_EQ(error_of("["), "error parsing regexp: missing closing ]: `[`");
  EXPECT_EQ(error_of("^/(?!x)"), "error parsing regexp: invalid or unsupported Perl syntax: `(?!`");
  EXPECT_EQ(error_of("^a*$"), "");
}

TEST(Replacement, KnowsGroupsByNumberAndName) {
  EXPECT_EQ(replaced("^/old/(.*)", "/new/$1", "/old/a/b"), "/new/a/b");
  EXPECT_EQ(replaced("^/(?P<a>[^/]+)/(?P<b>[^/]+)$", "/${b}/${a}", "/x/y"), "/y/x");
}

TEST(Replacement, TakesTheLongestName) { EXPECT_EQ(replaced("^/(\\d+)", "/$1x-${1}y", "/42"), "/-42y"); }

TEST(Replacement, WritesDollars) {
  EXPECT_EQ(replaced("^/price/(.*)", "/$$$1", "/price/9"), "/$9");
  EXPECT_EQ(replaced("x", "$-$", "x"), "$-$");
  EXPECT_EQ(replaced("x", "${1", "x"), "${1");
}

TEST(Replacement, UnknownGroupsAreEmpty) { EXPECT_EQ(replaced("x", "a$7b", "x"), "a"); }

TEST(Replacement, ReplacesEveryOccurrence) {
  EXPECT_EQ(replaced("o", "0", "/foo/boo"), "/f00/b00");
  EXPECT_EQ(replaced("a*", "-", "baac"), "-b-c-");
  EXPECT_EQ(replaced("^.*$", "/login", "http://x/y"), "/login");
  EXPECT_EQ(replaced("", "-", "\xC3\xA9"), "-\xC3\xA9-");
}

}  // namespace
}  // namespace tandem::middleware
