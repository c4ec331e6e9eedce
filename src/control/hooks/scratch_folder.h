#pragma once

// For this folder's tests only: a folder that goes away, and programs in it. Single thread.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace tandem::hooks::testing {

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tandem-ha-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string operator/(std::string_view name) const { return path_ / name; }
  /// A shell script that may be run.
  std::string script(std::string_view name, std::string_view lines) const {
    const std::string path = *this / name;
    // Renamed into place: a program that is open for writing cannot be started.
    std::ofstream(path + ".new") << "#!/bin/sh\n" << lines << '\n';
    ::chmod((path + ".new").c_str(), 0755);
    std::filesystem::rename(path + ".new", path);
    return path;
  }
  void write(std::string_view name, std::string_view text) const { std::ofstream(*this / name) << text; }
  std::string read(std::string_view name) const {
    std::ifstream file(*this / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path path_;
};

}  // namespace tandem::hooks::testing
