// Golden tests of the rule language. testdata/<protocol>_<syntax>_<topic>.rule holds rules between lines of three
// dashes; the .golden file beside it holds, in the same order, each rule's tree or its error. Running with
// TANDEM_UPDATE_GOLDEN=1 rewrites the golden files.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "config/rule/syntax.h"

namespace tandem::rule {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSeparator = "\n---\n";

fs::path testdata() { return fs::path(TANDEM_SOURCE_DIR) / "src/config/rule/testdata"; }

std::vector<std::string> blocks_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.ends_with('\n')) text.pop_back();
  std::vector<std::string> blocks;
  std::size_t start = 0;
  for (std::size_t end = text.find(kSeparator); end != std::string::npos; end = text.find(kSeparator, start)) {
    blocks.push_back(text.substr(start, end - start));
    start = end + kSeparator.size();
  }
  blocks.push_back(text.substr(start));
  return blocks;
}

std::string outcome(const std::string& file, const std::string& rule) {
  const Syntax syntax = file.find("_v2_") != std::string::npos ? Syntax::kV2 : Syntax::kV3;
  const Result<Node> tree = file.starts_with("tcp_") ? parse_tcp(rule, syntax) : parse_http(rule, syntax);
  return tree ? to_text(*tree) : tree.error().text();
}

std::vector<fs::path> rule_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(testdata())) {
    if (entry.path().extension() == ".rule") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

TEST(Rule, TreesAndErrorsAreAsInTheGoldenFiles) {
  const std::vector<fs::path> files = rule_files();
  ASSERT_FALSE(files.empty());
  for (const fs::path& file : files) {
    std::vector<std::string> outcomes;
    const std::vector<std::string> rules = blocks_of(file);
    for (const std::string& rule : rules) outcomes.push_back(outcome(file.filename(), rule));

    const fs::path golden = fs::path(file).replace_extension(".golden");
    if (std::getenv("TANDEM_UPDATE_GOLDEN") != nullptr) {
      std::ofstream out(golden, std::ios::binary);
      for (std::size_t at = 0; at < outcomes.size(); ++at) out << (at == 0 ? "" : kSeparator) << outcomes[at];
      out << '\n';
    }
    const std::vector<std::string> expected = blocks_of(golden);
    ASSERT_EQ(expected.size(), outcomes.size()) << golden;
    for (std::size_t at = 0; at < outcomes.size(); ++at) {
      EXPECT_EQ(outcomes[at], expected[at]) << file << ", rule " << at + 1 << ": " << rules[at];
    }
  }
}

}  // namespace
}  // namespace tandem::rule
