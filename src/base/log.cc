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
#include "base/json_text.h"

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

// ANSI
constexpr std::string_view kBold = "1";
constexpr std::string_view kRed = "31";
constexpr std::string_view kCyan = "36";

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

/// "proxy/entry/worker.cc:12".
std::string caller_text(const std::source_location& from) {
  constexpr std::string_view kRoot = "/src/";
  std::string_view file = from.file_name();
  if (const std::size_t root = file.rfind(kRoot); root != std::string_view::npos)
    file.remove_prefix(root + kRoot.size());
  return fmt::format("{}:{}", file, from.line());
}

/// What a line says. `caller` is empty where it is not shown.
struct Line {
  LogLevel level;
  std::string_view message;
  LogFields fields;
  std::string caller;
};

std::string json_line(const Line& of) {
  std::string line = fmt::format("{{\"level\":\"{}\"", names_of(of.level).word);
  const auto append = [&line](std::string_view name, std::string_view value) {
    line += ',';
    append_json_string(line, name, JsonEscapes::kNeeded);
    line += ':';
    append_json_string(line, value, JsonEscapes::kNeeded);
  };
  for (const auto& [name, value] : of.fields) append(name, value);
  append("time", rfc3339_text(wall_now()));
  if (!of.caller.empty()) append("caller", of.caller);
  if (!of.message.empty()) append("message", of.message);
  line += '}';
  return line;
}

bool needs_quotes(std::string_view value) {
  return value.empty() || std::ranges::any_of(value, [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\\' ||
                  static_cast<unsigned char>(c) >= 0x7f;
         });
}

std::string painted(std::string_view text, std::string_view colour, bool colours) {
  if (!colours || colour.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", colour, text);
}

std::string common_line(const Line& of, bool colours) {
  std::string line = fmt::format("{} {}", painted(rfc3339_text(wall_now()), "90", colours),
                                 painted(names_of(of.level).letters, names_of(of.level).colour, colours));
  if (!of.caller.empty()) line += ' ' + painted(of.caller, kBold, colours) + painted(" >", kCyan, colours);
  if (!of.message.empty()) line += ' ' + painted(of.message, of.level >= LogLevel::kInfo ? kBold : "", colours);
  const auto append = [&line, colours](const LogField& field, bool is_error) {
    line += ' ' + painted(fmt::format("{}=", field.first), kCyan, colours);
    std::string value;
    if (needs_quotes(field.second)) {
      append_json_string(value, field.second, JsonEscapes::kNeeded);
    } else {
      value = field.second;
    }
    line += is_error ? painted(painted(value, kBold, colours), kRed, colours) : value;
  };
  // The error stands first, whatever its place among the fields.
  for (const LogField& field : of.fields) {
    if (field.first == "error") append(field, true);
  }
  for (const LogField& field : of.fields) {
    if (field.first != "error") append(field, false);
  }
  return line;
}

}  // namespace

bool configure_log(const LogSettings& settings) {
  auto logger = settings.output != nullptr ? open_logger({}) : open_logger(settings);
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
  if (s.settings.output != nullptr) return s.settings.output->reopen();
  if (s.settings.file_path.empty()) return;
  if (auto logger = open_logger(s.settings)) s.logger = std::move(logger);
}

bool log_enabled(LogLevel level) {
  return level != LogLevel::kDisabled && level >= threshold.load(std::memory_order_relaxed);
}

void log(LogLevel level, std::string_view message, LogFields fields, std::source_location from) {
  if (!log_enabled(level)) return;
  State& s = state();
  std::shared_ptr<spdlog::logger> logger;
  std::shared_ptr<LogOutput> output;
  bool json = false;
  bool colour = false;
  {
    const std::scoped_lock lock(s.mutex);
    logger = s.logger;
    output = s.settings.output;
    json = s.settings.json;
    colour = s.settings.colour;
  }
  const bool shows_caller = threshold.load(std::memory_order_relaxed) <= LogLevel::kDebug;
  const Line of{
      .level = level, .message = message, .fields = fields, .caller = shows_caller ? caller_text(from) : std::string()};
  std::string line = json ? json_line(of) : common_line(of, colour);
  if (output == nullptr) {
    logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  } else {
    line += '\n';
    output->write(line);
  }
}

}  // namespace tandem::base
