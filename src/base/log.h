#pragma once

// The program's own log: levelled lines with key=value fields, written by spdlog. Any thread.
// A message is a sentence; what varies goes into fields, whose names are the same everywhere (docs/errors.md).

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace tandem::base {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError, kFatal, kPanic, kDisabled };

/// What Traefik's `log` section sets. An empty file path means standard output.
struct LogSettings {
  LogLevel level = LogLevel::kError;
  bool json = false;
  bool colour = false;
  std::string file_path;
};

using LogField = std::pair<std::string_view, std::string_view>;
using LogFields = std::initializer_list<LogField>;

/// Replaces the settings for all threads. Returns false when the file cannot be opened; the old settings stay then.
bool configure_log(const LogSettings& settings);
/// Closes and opens the log file again (log rotation, SIGUSR1).
void reopen_log();
bool log_enabled(LogLevel level);
void log(LogLevel level, std::string_view message, LogFields fields = {});

inline void log_debug(std::string_view message, LogFields fields = {}) { log(LogLevel::kDebug, message, fields); }
inline void log_info(std::string_view message, LogFields fields = {}) { log(LogLevel::kInfo, message, fields); }
inline void log_warn(std::string_view message, LogFields fields = {}) { log(LogLevel::kWarn, message, fields); }
inline void log_error(std::string_view message, LogFields fields = {}) { log(LogLevel::kError, message, fields); }

}  // namespace tandem::base
