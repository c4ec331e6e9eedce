#pragma once

// AccessFile: where the access log's lines go: a file, a FIFO or standard output. Writing waits for no reader. Belongs
// to the writer's thread.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tandem::telemetry {

class AccessFile {
 public:
  /// Empty: standard output.
  explicit AccessFile(std::string path) : path_(std::move(path)) {}
  ~AccessFile() { close(); }
  AccessFile(const AccessFile&) = delete;
  AccessFile& operator=(const AccessFile&) = delete;

  bool is_open() const { return fd_ != -1; }
  /// Opens for appending; makes missing folders (0755) and the file (0664).
  base::Result<void> open();
  void close();
  /// Writes as much as there is room for; 0: the reader is behind, wait for `descriptor()` to be writable.
  base::Result<std::size_t> write(std::string_view text);
  int descriptor() const { return fd_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int fd_ = -1;
  bool shared_pipe_ = false;  // may not be made non-blocking: others write to it, too
};

}  // namespace tandem::telemetry
