#include "base/log.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tandem::base {
namespace {

using testing::MatchesRegex;

class Log : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "log_testXXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override {
    configure_log({});
    std::filesystem::remove_all(folder_);
  }
  std::string path() const { return (folder_ / "tandem.log").string(); }
  std::string content() const {
    std::ifstream file(path());
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::filesystem::path folder_;
};

TEST_F(Log, WritesTheCommonFormatWithTheErrorFirst) {
  ASSERT_TRUE(configure_log({.level = LogLevel::kInfo, .json = false, .colour = false, .file_path = path()}));
  log_warn("A sentence", {{"routerName", "web@file"}, {"error", "two words"}});
  log_debug("not shown");
  EXPECT_THAT(content(), MatchesRegex("[0-9T:+Z-]+ WRN A sentence error=\"two words\" routerName=web@file\n"));
}

TEST_F(Log, WritesJson) {
  ASSERT_TRUE(configure_log({.level = LogLevel::kInfo, .json = true, .colour = false, .file_path = path()}));
  log_error("Say \"it\"\n", {{"error", "no"}});
  EXPECT_THAT(content(), testing::StartsWith(R"({"level":"error","error":"no","time":")"));
  EXPECT_THAT(content(), testing::EndsWith(R"(,"message":"Say \"it\"\n"})"
                                           "\n"));
}

TEST_F(Log, PaintsAsTraefikDoes) {
  ASSERT_TRUE(configure_log({.level = LogLevel::kInfo, .json = false, .colour = true, .file_path = path()}));
  log_error("", {{"routerName", "r@file"}, {"error", "no good"}});
  EXPECT_THAT(content(), testing::HasSubstr("\x1b[31mERR\x1b[0m \x1b[36merror=\x1b[0m\x1b[31m\x1b[1m\"no good\""
                                            "\x1b[0m\x1b[0m \x1b[36mrouterName=\x1b[0mr@file\n"));
}

TEST_F(Log, SaysAtDebugWhereALineComesFrom) {
  ASSERT_TRUE(configure_log({.level = LogLevel::kDebug, .json = false, .colour = false, .file_path = path()}));
  log_info("A sentence");
  EXPECT_THAT(content(), testing::MatchesRegex("[0-9T:+Z-]+ INF base/log_test[.]cc:[0-9]+ > A sentence\n"));
}

TEST_F(Log, WritesToANewFileAfterReopening) {
  ASSERT_TRUE(configure_log({.level = LogLevel::kInfo, .json = false, .colour = false, .file_path = path()}));
  log_info("one");
  std::filesystem::rename(path(), folder_ / "old.log");
  reopen_log();
  log_info("two");
  EXPECT_THAT(content(), testing::HasSubstr("INF two"));
  EXPECT_THAT(content(), testing::Not(testing::HasSubstr("one")));
}

TEST_F(Log, KeepsItsSettingsWhenTheFileCannotBeOpened) {
  ASSERT_TRUE(configure_log({.level = LogLevel::kInfo, .json = false, .colour = false, .file_path = path()}));
  EXPECT_FALSE(configure_log({.level = LogLevel::kInfo, .json = false, .colour = false, .file_path = "/proc/no/log"}));
  log_info("still here");
  EXPECT_THAT(content(), testing::HasSubstr("still here"));
}

TEST_F(Log, IsSilentWhenDisabled) {
  ASSERT_TRUE(configure_log({.level = LogLevel::kDisabled, .json = false, .colour = false, .file_path = path()}));
  log(LogLevel::kPanic, "no");
  EXPECT_EQ(content(), "");
}

}  // namespace
}  // namespace tandem::base
