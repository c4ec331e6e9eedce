#include "base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include "base/clock.h"

namespace tandem::base {
namespace {

struct LevelNames {
  std::string_view word;     // in JSON
  std::string_view letters;  // in the common format
  std::string_view colour;   // ANSI
};
constexpr std::array<LevelNames, 8> kLevels{{{"trace", "TRC", "34"},
                                             {"debug", "DBG", ""},
                                             {"info", "INF", "32"},
                                             {"warn", "WRN", "33"},
                                             {"error", "ERR", "31"},
                                             {"fatal", "FTL", "31"},
                                             {"panic", "PNC", "31"},
                                             {"", "", ""}}};

const LevelNames& names_of(LogLevel level) { return kLevels[static_cast<std::size_t>(level)]; }

struct State {
  std::mutex mutex;  // guards what follows
  LogSettings settings;
  std::shared_ptr<spdlog::logger> logger;
};

std::shared_ptr<spdlog::logger> logger_over(spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("tandem", std::move(sink));
  logger->set_pattern("%v", spdlog::pattern_time_type::local);
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

/// Until the settings are known, errors go to standard error as JSON (as Traefik's do).
State& state() {
  static State* const kState = [] {
    auto* first = new State;  // never destroyed: threads may log until the process has gone
    first->settings.json = true;
    first->logger = logger_over(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    return first;
  }();
  return *kState;
}

std::atomic<LogLevel> threshold{LogLevel::kError};

std::shared_ptr<spdlog::logger> open_logger(const LogSettings& settings) {
  if (settings.file_path.empty()) return logger_over(std::make_shared<spdlog::sinks::stdout_sink_mt>());
  try {
    return logger_over(std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.file_path));
  } catch (const spdlog::spdlog_ex&) {
    return nullptr;
  }
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20)
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
          out += c;
    }
  }
  out += '"';
}

std::string json_line(LogLevel level, std::string_view message, LogFields fields) {
  std::string line = fmt::format("{{\"level\":\"{}\"", names_of(level).word);
  for (const auto& [name, value] : fields) {
    line += ',';
    append_json_text(line, name);
    line += ':';
    append_json_text(line, value);
  }
  line += fmt::format(",\"time\":\"{}\",\"message\":", rfc3339_text(wall_now()));
  append_json_text(line, message);
  line += '}';
  return line;
}

bool needs_quotes(std::string_view value) {
  return value.empty() || std::ranges::any_of(value, [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\\' || c == 0x7f;
         });
}

std::string painted(std::string_view text, std::string_view colour, bool colours) {
  if (!colours || colour.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", colour, text);
}

std::string common_line(LogLevel level, std::string_view message, LogFields fields, bool colours) {
  std::string line = fmt::format("{} {} {}", painted(rfc3339_text(wall_now()), "90", colours),
                                 painted(names_of(level).letters, names_of(level).colour, colours),
                                 painted(message, level >= LogLevel::kInfo ? "1" : "", colours));
  const auto append = [&line, colours](const LogField& field) {
    line += ' ';
    line += painted(fmt::format("{}=", field.first), "36", colours);
    if (needs_quotes(field.second))
      append_json_text(line, field.second);
    else
      line += field.second;
  };
  // The error stands first, whatever its place among the fields.
  for (const LogField& field : fields) {
    if (field.first == "error") append(field);
  }
  for (const LogField& field : fields) {
    if (field.first != "error") append(field);
  }
  return line;
}

}  // namespace

bool configure_log(const LogSettings& settings) {
  auto logger = open_logger(settings);
  if (logger == nullptr) return false;
  State& s = state();
  const std::scoped_lock lock(s.mutex);
  s.settings = settings;
  s.logger = std::move(logger);
  threshold.store(settings.level, std::memory_order_relaxed);
  return true;
}

void reopen_log() {
  State& s = state();
  const std::scoped_lock lock(s.mutex);
  if (s.settings.file_path.empty()) return;
  if (auto logger = open_logger(s.settings)) s.logger = std::move(logger);
}

bool log_enabled(LogLevel level) {
  return level != LogLevel::kDisabled && level >= threshold.load(std::memory_order_relaxed);
}

void log(LogLevel level, std::string_view message, LogFields fields) {
  if (!log_enabled(level)) return;
  State& s = state();
  std::shared_ptr<spdlog::logger> logger;
  bool json = false;
  bool colour = false;
  {
    const std::scoped_lock lock(s.mutex);
    logger = s.logger;
    json = s.settings.json;
    colour = s.settings.colour;
  }
  const std::string line = json ? json_line(level, message, fields) : common_line(level, message, fields, colour);
  logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace tandem::base
