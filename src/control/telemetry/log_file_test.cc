#include "control/telemetry/log_file.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace tandem::telemetry {
namespace {

namespace fs = std::filesystem;

class LogFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "log_fileXXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::string path() const { return (folder_ / "logs" / "tandem.log").string(); }
  std::vector<fs::path> old_files() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder_ / "logs")) {
      if (entry.path() != path()) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
  }
  static std::string read(const fs::path& file) {
    gzFile from = ::gzopen(file.c_str(), "rb");
    std::string text(4096, 0);
    text.resize(static_cast<std::size_t>(std::max(0, ::gzread(from, text.data(), 4096))));
    ::gzclose(from);
    return text;
  }
  fs::path folder_;
};

TEST_F(LogFileTest, IsRenamedAndCompressedWhenItIsFull) {
  auto file = LogFile::open({.path = path(), .max_bytes = 10});
  ASSERT_TRUE(file);
  for (const auto* line : {"12345\n", "678\n", "abc\n"}) (*file)->write(line);
  (*file)->settle();
  ASSERT_EQ(old_files().size(), 1U);
  EXPECT_THAT(old_files()[0].filename().string(),
              testing::MatchesRegex("tandem-[0-9]+-[0-9]+-[0-9]+T[0-9]+-[0-9]+-[0-9]+[.][0-9]+[.]log[.]gz"));
  EXPECT_EQ(read(old_files()[0]), "12345\n678\n");
  EXPECT_EQ(read(path()), "abc\n");
}

TEST_F(LogFileTest, KeepsOnlyTheNewestBackups) {
  auto file = LogFile::open({.path = path(), .max_bytes = 4, .max_backups = 2});
  for (const auto* line : {"a\n\n\n", "b\n\n\n", "c\n\n\n", "d\n\n\n", "e\n\n\n"}) {
    (*file)->write(line);
    (*file)->settle();
  }
  ASSERT_EQ(old_files().size(), 2U);
  EXPECT_EQ(read(old_files()[0]), "c\n\n\n");
  EXPECT_EQ(read(old_files()[1]), "d\n\n\n");
}

TEST_F(LogFileTest, RemovesWhatIsTooOldAtTheStartAndLeavesOthersAlone) {
  fs::create_directories(folder_ / "logs");
  for (const auto* name : {"tandem-2001-01-01T00-00-00.000.log.gz", "tandem-2001-01-01.log", "other.log"}) {
    std::ofstream(folder_ / "logs" / name) << "x";
  }
  auto file = LogFile::open({.path = path(), .max_age = std::chrono::days(1)});
  (*file)->settle();
  ASSERT_EQ(old_files().size(), 2U);
  EXPECT_EQ(old_files()[0].filename(), "other.log");
}

TEST_F(LogFileTest, GoesOnInTheFileOfItsNameAfterReopening) {
  auto file = LogFile::open({.path = path()});
  (*file)->write("one\n");
  fs::rename(path(), path() + ".1");
  (*file)->write("two\n");
  (*file)->reopen();
  (*file)->write("three\n");
  EXPECT_EQ(read(path() + ".1"), "one\ntwo\n");
  EXPECT_EQ(read(path()), "three\n");
}

TEST_F(LogFileTest, SaysWhyItCannotBeOpened) {
  std::ofstream(folder_ / "file") << "x";
  EXPECT_FALSE(LogFile::open({.path = (folder_ / "file" / "log").string()}));
}

}  // namespace
}  // namespace tandem::telemetry
