#include "control/keepalived/import_values.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cmath>

#include "config/model/command_words.h"

namespace tandem::keepalived {

void Remarks::add(RemarkKind kind, const FilePlace& place, std::string text) {
  list_.push_back({.kind = kind, .place = place.text(), .text = std::move(text)});
}

void Remarks::fate(KeywordBlock block, const KeepalivedStatement& statement) {
  const std::string& keyword = statement.keyword();
  const KeywordFate* fate = fate_of(block, keyword);
  if (fate == nullptr) {
    untranslated(statement, fmt::format("{}: unknown keyword", keyword));
  } else if (fate->kind == RemarkKind::kUntranslated && !statement.has_block && statement.words.size() == 2 &&
             !is_on(statement)) {
    note(statement, fmt::format("{}: is off anyway", keyword));
  } else {
    add(fate->kind, statement.place, fmt::format("{}: {}", keyword, fate->reason));
  }
}

std::optional<double> number_of(const KeepalivedStatement& statement, std::size_t index, Remarks& remarks) {
  const std::string_view text = statement.word(index);
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code == std::errc{} && end == text.data() + text.size() && std::isfinite(number)) return number;
  remarks.untranslated(statement, fmt::format("{}: \"{}\" is no number", statement.keyword(), text));
  return std::nullopt;
}

std::optional<std::int64_t> whole_number_of(const KeepalivedStatement& statement, Remarks& remarks) {
  const auto number = number_of(statement, 1, remarks);
  if (!number) return std::nullopt;
  if (std::abs(*number) > 1e9 || *number != std::floor(*number)) {
    remarks.untranslated(statement,
                         fmt::format("{}: \"{}\" is no whole number", statement.keyword(), statement.word(1)));
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*number);
}

std::optional<format::Duration> seconds_of(const KeepalivedStatement& statement, Remarks& remarks) {
  const auto number = number_of(statement, 1, remarks);
  if (!number) return std::nullopt;
  if (*number < 0 || *number > 1e9) {
    remarks.untranslated(statement,
                         fmt::format("{}: {} seconds make no sense", statement.keyword(), statement.word(1)));
    return std::nullopt;
  }
  return format::Duration(std::chrono::microseconds(std::llround(*number * 1e6)));
}

bool is_on(const KeepalivedStatement& statement) {
  const std::string_view word = statement.word(1);
  return word != "off" && word != "false" && word != "no";
}

std::string user_of(const KeepalivedStatement& statement, std::size_t index) {
  std::string user(statement.word(index));
  if (!statement.word(index + 1).empty()) user += fmt::format(":{}", statement.word(index + 1));
  return user;
}

std::string command_of(const KeepalivedStatement& statement, const std::string& command, Remarks& remarks) {
  const auto words = model::command_words(command);
  if (!words) {
    remarks.untranslated(statement, fmt::format("{}: {}", statement.keyword(), words.error().message()));
    return {};
  }
  const std::string& program = words->front();
  if (program.starts_with('/')) return command;
  constexpr std::array kFolders{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};
  const std::size_t at = command.find(program);
  for (const char* folder : kFolders) {
    const std::string path = fmt::format("{}/{}", folder, program);
    if (at == 0 && !program.contains('/') && access(path.c_str(), X_OK) == 0)
      return path + command.substr(program.size());
  }
  remarks.untranslated(statement, fmt::format("{}: \"{}\" is no absolute path, and no such program is found here",
                                              statement.keyword(), program));
  return {};
}

bool take_notify(const KeepalivedStatement& statement, model::NotifyCommands& notify, Remarks& remarks) {
  struct Kind {
    std::string_view keyword;
    std::string model::NotifyCommands::* member;
  };
  static constexpr std::array kKinds{Kind{"notify_master", &model::NotifyCommands::onMaster},
                                     Kind{"notify_backup", &model::NotifyCommands::onBackup},
                                     Kind{"notify_fault", &model::NotifyCommands::onFault},
                                     Kind{"notify_stop", &model::NotifyCommands::onStop},
                                     Kind{"notify_master_rx_lower_pri", &model::NotifyCommands::onLowerPriority},
                                     Kind{"notify", &model::NotifyCommands::command}};
  for (const Kind& kind : kKinds) {
    if (statement.keyword() != kind.keyword) continue;
    notify.*kind.member = command_of(statement, std::string(statement.word(1)), remarks);
    const std::string user = user_of(statement, 2);
    if (!user.empty() && !notify.user.empty() && notify.user != user)
      remarks.warn(statement, fmt::format("{}: all commands run as one user, here {}", kind.keyword, user));
    if (!user.empty()) notify.user = user;
    return true;
  }
  return false;
}

std::vector<TrackUse> track_uses(const KeepalivedStatement& block, const std::string& user, Remarks& remarks) {
  std::vector<TrackUse> uses;
  for (const KeepalivedStatement& line : block.block) {
    TrackUse use{.name = line.keyword(), .weight = std::nullopt, .reverse = false, .user = user, .place = line.place};
    for (std::size_t i = 1; i < line.words.size(); ++i) {
      if (line.word(i) == "weight") {
        if (const auto weight = number_of(line, ++i, remarks)) use.weight = static_cast<std::int64_t>(*weight);
      } else if (line.word(i) == "reverse") {
        use.reverse = true;
      } else if (line.word(i) == "no_reverse" || line.word(i) == "noreverse") {
        use.reverse = false;
      } else {
        remarks.untranslated(line, fmt::format("{}: unknown word \"{}\"", line.keyword(), line.word(i)));
      }
    }
    uses.push_back(std::move(use));
  }
  return uses;
}

}  // namespace tandem::keepalived
