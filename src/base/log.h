#pragma once

// The program's own log: levelled lines with key=value fields, written by spdlog or to an output of the caller's. Any
// thread.
// A message is a sentence; what varies goes into fields, whose names are the same everywhere (docs/errors.md).

#include <initializer_list>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace tandem::base {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError, kFatal, kPanic, kDisabled };

/// Where lines go when it is neither standard output nor a plain file. Called by any thread.
class LogOutput {
 public:
  virtual ~LogOutput() = default;
  /// `line` with its end.
  virtual void write(std::string_view line) = 0;
  /// Closes the file and opens it by its name.
  virtual void reopen() = 0;
};

/// What Traefik's `log` section sets. An empty file path means standard output. At the levels debug and trace lines say
/// where in the sources they come from.
struct LogSettings {
  LogLevel level = LogLevel::kError;
  bool json = false;
  bool colour = false;
  std::string file_path;
  std::shared_ptr<LogOutput> output;  ///< instead of the file
};

using LogField = std::pair<std::string_view, std::string_view>;
using LogFields = std::initializer_list<LogField>;

/// Replaces the settings for all threads. Returns false when the file cannot be opened; the old settings stay then.
bool configure_log(const LogSettings& settings);
/// Closes and opens the log file again (log rotation, SIGUSR1).
void reopen_log();
bool log_enabled(LogLevel level);
/// An empty message is left out: some lines are all fields.
void log(LogLevel level, std::string_view message, LogFields fields = {},
         std::source_location from = std::source_location::current());

inline void log_debug(std::string_view message, LogFields fields = {},
                      std::source_location from = std::source_location::current()) {
  log(LogLevel::kDebug, message, fields, from);
}
inline void log_info(std::string_view message, LogFields fields = {},
                     std::source_location from = std::source_location::current()) {
  log(LogLevel::kInfo, message, fields, from);
}
inline void log_warn(std::string_view message, LogFields fields = {},
                     std::source_location from = std::source_location::current()) {
  log(LogLevel::kWarn, message, fields, from);
}
inline void log_error(std::string_view message, LogFields fields = {},
                      std::source_location from = std::source_location::current()) {
  log(LogLevel::kError, message, fields, from);
}

}  // namespace tandem::base
