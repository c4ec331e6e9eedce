#pragma once

// For this folder's tests only: reads files of testdata/ and decodes texts. Single thread.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "config/format/toml.h"
#include "config/format/yaml.h"
#include "config/model/decode_configuration.h"

namespace tandem::model::testdata {

inline const std::filesystem::path kFolder = std::filesystem::path(TANDEM_SOURCE_DIR) / "src/config/model/testdata";

inline std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The tree of a YAML or TOML file; the source's name is the file's without folders.
inline format::Value parse(const std::filesystem::path& path) {
  const std::string text = read(path);
  auto value = path.extension() == ".toml" ? format::parse_toml(text, path.filename())
                                           : format::parse_yaml(text, path.filename());
  EXPECT_TRUE(value) << value.error().text();
  return value ? std::move(*value) : format::Value{};
}

inline format::Value yaml(std::string_view text) {
  auto value = format::parse_yaml(text, "test.yml");
  EXPECT_TRUE(value) << value.error().text();
  return value ? std::move(*value) : format::Value{};
}

inline std::vector<std::string> texts(const format::Problems& problems) {
  std::vector<std::string> result;
  for (const format::Problem& problem : problems) result.push_back(problem.text());
  return result;
}

inline StaticConfiguration static_of(const format::Value& value) {
  format::Problems problems;
  std::vector<std::string> ignored;
  auto result = decode_static(value, problems, ignored);
  EXPECT_EQ(texts(problems), std::vector<std::string>{});
  EXPECT_EQ(ignored, std::vector<std::string>{});
  return result;
}

inline DynamicConfiguration dynamic_of(const format::Value& value) {
  format::Problems problems;
  std::vector<std::string> ignored;
  auto result = decode_dynamic(value, problems, ignored);
  EXPECT_EQ(texts(problems), std::vector<std::string>{});
  EXPECT_EQ(ignored, std::vector<std::string>{});
  return result;
}

inline StaticConfiguration static_of(std::string_view text) { return static_of(yaml(text)); }
inline DynamicConfiguration dynamic_of(std::string_view text) { return dynamic_of(yaml(text)); }

}  // namespace tandem::model::testdata
