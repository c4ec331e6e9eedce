#pragma once

// LogFile: the program's own log in a file that is renamed when it has grown to its limit, its predecessors compressed
// and removed in time (Traefik: log.filePath, maxSize, maxAge, maxBackups). Any thread; owned by base/log.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/result.h"

namespace tandem::telemetry {

struct LogFileOptions {
  std::string path;
  std::uint64_t max_bytes = std::uint64_t{100} << 20;  ///< a line that would make it larger begins a new file
  std::chrono::days max_age{0};                        ///< of files that were renamed; 0: they stay
  std::size_t max_backups = 0;                         ///< files that were renamed and stay; 0: all
};

class LogFile final : public base::LogOutput {
 public:
  /// Makes missing folders (0755) and the file (0666). Errors: it cannot be opened.
  static base::Result<std::shared_ptr<LogFile>> open(LogFileOptions options);
  ~LogFile() override;

  void write(std::string_view line) override;
  void reopen() override;
  /// Waits until old files are compressed and removed (tests).
  void settle();

 private:
  explicit LogFile(LogFileOptions options) : options_(std::move(options)) {}
  bool open_file();
  void rotate();
  void tidy();

  const LogFileOptions options_;
  std::mutex mutex_;  // guards what follows
  int fd_ = -1;
  std::uint64_t size_ = 0;
  std::chrono::sys_time<std::chrono::milliseconds> last_rotation_{};
  std::thread tidying_;
  std::atomic<bool> tidied_{true};
};

}  // namespace tandem::telemetry
