// The cases of testdata/golden.txt: what Go itself makes of a template.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <string>

#include "config/template/render.h"

namespace tandem::templates {
namespace {

std::string from_json(std::string_view text) { return std::string(boost::json::parse(text).as_string()); }

/// "= text" or "! error".
std::string outcome(const std::string& text) {
  const auto parsed = Template::parse("t", text);
  if (!parsed) return "! " + parsed.error().text();
  const auto rendered = parsed->render(Value::of(false));
  return rendered ? "= " + rendered->text : "! " + rendered.error().text();
}

TEST(Template, DoesWhatGoDoes) {
  ::setenv("TZ", "UTC", 1);
  std::ifstream file(std::string(TANDEM_SOURCE_DIR) + "/src/config/template/testdata/golden.txt");
  ASSERT_TRUE(file.good());
  int count = 0;
  std::string line;
  std::string text;
  while (std::getline(file, line)) {
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with('"')) {
      text = from_json(line);
      continue;
    }
    ++count;
    EXPECT_EQ(outcome(text), line.substr(0, 2) + from_json(line.substr(2))) << text;
  }
  EXPECT_GT(count, 400);
}

}  // namespace
}  // namespace tandem::templates
