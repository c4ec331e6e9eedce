#include "app/problems.h"

#include <array>
#include <cstdlib>

#include "base/text.h"

namespace tandem::app {

base::LogSettings log_settings(const model::StaticConfiguration& configuration, bool& level_is_known) {
  using base::LogLevel;
  constexpr std::array<std::pair<std::string_view, LogLevel>, 8> kLevels{{{"trace", LogLevel::kTrace},
                                                                          {"debug", LogLevel::kDebug},
                                                                          {"info", LogLevel::kInfo},
                                                                          {"warn", LogLevel::kWarn},
                                                                          {"error", LogLevel::kError},
                                                                          {"fatal", LogLevel::kFatal},
                                                                          {"panic", LogLevel::kPanic},
                                                                          {"disabled", LogLevel::kDisabled}}};
  base::LogSettings settings;
  level_is_known = true;
  const model::Log log = configuration.log.value_or(model::Log{});
  settings.json = log.format == "json";
  settings.file_path = log.filePath;
  settings.colour = !log.noColor && log.filePath.empty() && std::getenv("NO_COLOR") == nullptr;
  if (log.level.empty()) return settings;
  level_is_known = false;
  for (const auto& [name, level] : kLevels) {
    if (!base::equal_ignoring_case(log.level, name)) continue;
    settings.level = level;
    level_is_known = true;
  }
  return settings;
}

format::Value value_of(const format::Problem& problem) {
  const auto text = [](const std::string& from) { return format::Value(from, {}); };
  format::Object object;
  if (problem.position.source != nullptr) object.push_back({"file", text(*problem.position.source)});
  if (problem.position.line > 0) {
    object.push_back({"line", {static_cast<std::int64_t>(problem.position.line), {}}});
    object.push_back({"column", {static_cast<std::int64_t>(problem.position.column), {}}});
  }
  if (!problem.path.empty()) object.push_back({"path", text(problem.path)});
  object.push_back({"message", text(problem.message)});
  if (!problem.suggestion.empty()) object.push_back({"suggestion", text(problem.suggestion)});
  return {std::move(object), {}};
}

void report_command_error(std::string_view text) {
  base::log_error("Command error", {{"error", fmt::format("command tandem error: {}", text)}});
}

void report_command_errors(const format::Problems& problems) {
  for (const format::Problem& problem : problems) report_command_error(problem.text());
}

}  // namespace tandem::app
