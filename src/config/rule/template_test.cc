#include "config/rule/template.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem::rule {
namespace {

using ::testing::ElementsAre;

TEST(HostTemplate, IsAnchoredAndIgnoresCase) {
  EXPECT_EQ(*host_template_to_regex("{sub:[a-z]+}.re.test"), R"((?i)^(?:[a-z]+)\.re\.test$)");
  EXPECT_EQ(*host_template_to_regex("{sub}.any.test"), R"((?i)^(?:[^.]+)\.any\.test$)");
  EXPECT_EQ(*host_template_to_regex("fix.test"), R"((?i)^fix\.test$)");
}

TEST(PathTemplate, IsAnchoredAtTheEndUnlessPrefix) {
  EXPECT_EQ(*path_template_to_regex("/items/{id:[0-9]+}", false), "^/items/(?:[0-9]+)$");
  EXPECT_EQ(*path_template_to_regex("/u/{name}/files", true), "^/u/(?:[^/]+)/files");
  EXPECT_EQ(*path_template_to_regex("/a+b(c)", false), R"(^/a\+b\(c\)$)");
}

TEST(PathTemplate, BracesOfTheExpressionStayInIt) {
  EXPECT_EQ(*path_template_to_regex("/{y:[0-9]{4}}-{m:[0-9]{2}}", false), "^/(?:[0-9]{4})-(?:[0-9]{2})$");
  EXPECT_EQ(*path_template_to_regex("/{a:x:y|z}", false), "^/(?:x:y|z)$");
}

TEST(PathTemplate, ErrorsNameTheFault) {
  const auto error_of = [](std::string_view text) { return path_template_to_regex(text, false).error().text(); };
  EXPECT_EQ(error_of("/x/{id"), "mux: unbalanced braces in \"/x/{id\"");
  EXPECT_EQ(error_of("/x/}{"), "mux: unbalanced braces in \"/x/}{\"");
  EXPECT_EQ(error_of("/x/{:[0-9]+}"), "mux: missing name or pattern in \"{:[0-9]+}\"");
  EXPECT_EQ(error_of("/x/{id:}"), "mux: missing name or pattern in \"{id:}\"");
  EXPECT_EQ(error_of("/x/{}"), "mux: missing name or pattern in \"{}\"");
  EXPECT_EQ(error_of("x"), "mux: path must start with a slash, got \"x\"");
}

TEST(QueryTemplate, KeyIsLiteralAndEmptyValueIsAnything) {
  EXPECT_EQ(*query_template_to_regex("a=1"), "^a=1$");
  EXPECT_EQ(*query_template_to_regex("b={v:[0-9]+}"), "^b=(?:[0-9]+)$");
  EXPECT_EQ(*query_template_to_regex("b={v}"), "^b=(?:.*)$");
  EXPECT_EQ(*query_template_to_regex("a="), "^a=.*$");
  EXPECT_EQ(*query_template_to_regex("a"), "^a=.*$");
}

TEST(TemplateVariables, AreAnchoredOneByOne) {
  EXPECT_THAT(*template_variables("/{a}/{b:x|y}", "[^/]+"), ElementsAre("^[^/]+$", "^x|y$"));
}

}  // namespace
}  // namespace tandem::rule
