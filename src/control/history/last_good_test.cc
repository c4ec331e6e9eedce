#include "control/history/last_good.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tandem::history {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class Keeping : public testing::Test {
 protected:
  Keeping() {
    std::string name = (fs::temp_directory_path() / "last_good_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Keeping() override { fs::remove_all(folder_); }
  std::string state() const { return (folder_ / "state").string(); }

  fs::path folder_;
};

TEST_F(Keeping, OutlivesTheProgram) {
  {
    LastGood kept(state());
    kept.keep("/etc/a.yml", "first\nlines\n");
    kept.keep("/etc/a.yml", "second\nlines\n");
    kept.keep("/etc/b.yml", "");
  }
  const LastGood again(state());
  const auto a = again.recall("/etc/a.yml");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->content, "second\nlines\n");
  EXPECT_GT(a->accepted, 1'700'000'000);
  EXPECT_EQ(again.recall("/etc/b.yml")->content, "");
  EXPECT_FALSE(again.recall("/etc/c.yml"));
  EXPECT_THAT(again.sources("/etc/"), ElementsAre("/etc/a.yml", "/etc/b.yml"));
  EXPECT_THAT(again.sources("/other/"), testing::IsEmpty());
}

TEST_F(Keeping, NobodyElseMayRead) {
  LastGood kept(state());
  kept.keep("x", "secret");
  kept.flush();
  struct stat status{};
  ASSERT_EQ(::stat(state().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  for (const auto& entry : fs::directory_iterator(state())) {
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
  }
}

TEST_F(Keeping, WhatIsNotWholeIsNotThere) {
  {
    LastGood kept(state());
    kept.keep("x", "content");
  }
  for (const auto& entry : fs::directory_iterator(state())) std::ofstream(entry.path()) << "tandem last good 1\nx\n";
  EXPECT_FALSE(LastGood(state()).recall("x"));
}

TEST_F(Keeping, ForgetsWhatNobodyAcceptedForALongTime) {
  {
    LastGood kept(state());
    kept.keep("old", "1");
    kept.keep("new", "2");
  }
  for (const auto& entry : fs::directory_iterator(state())) {
    fs::last_write_time(entry.path(), fs::file_time_type::clock::now() - std::chrono::hours(24 * 91));
  }
  LastGood kept(state());
  kept.keep("new", "2");
  kept.flush();
  EXPECT_THAT(kept.sources(""), ElementsAre("new"));
}

TEST_F(Keeping, ADirectoryThatCannotBeMadeHarmsNothing) {
  std::ofstream(state()) << "a file";
  LastGood kept(state() + "/below");
  kept.keep("x", "content");
  kept.flush();
  EXPECT_FALSE(kept.recall("x"));
}

}  // namespace
}  // namespace tandem::history
