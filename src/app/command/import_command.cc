#include "app/command/import_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <functional>

#include "app/command/command_arguments.h"
#include "base/fd.h"
#include "config/model/decode_configuration.h"
#include "config/model/validate_ha.h"
#include "control/keepalived/import_keepalived.h"

namespace tandem::command {
namespace {

using base::Error;
using base::ErrorKind;

struct ImportArguments {
  std::vector<std::string> words;
  std::string output;
  keepalived::ImportOptions options;
};

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

base::Result<std::int64_t> priority_of(const std::string& text) {
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  if (std::from_chars(text.data(), end, number).ptr != end || number < 1 || number > 255)
    return Error(ErrorKind::kInvalid, fmt::format("--peer-priority: \"{}\" is no priority from 1 to 255", text));
  return number;
}

base::Result<ImportArguments> parse(const std::vector<std::string>& arguments) {
  ImportArguments parsed;
  parsed.options.id = host_name();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!word.starts_with("--")) {
      parsed.words.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (name == "--strict") {
      parsed.options.strict = true;
      continue;
    }
    if (name != "--output" && name != "--id" && name != "--peer-priority")
      return Error(ErrorKind::kInvalid, "unknown option: " + name);
    if (equals == std::string::npos && i + 1 == arguments.size())
      return Error(ErrorKind::kInvalid, name + " needs a value");
    const std::string value = equals == std::string::npos ? arguments[++i] : word.substr(equals + 1);
    if (name == "--output") parsed.output = value;
    if (name == "--id") parsed.options.id = value;
    if (name != "--peer-priority") continue;
    const auto priority = priority_of(value);
    if (!priority) return priority.error();
    parsed.options.peer_priority = *priority;
  }
  if (parsed.words.size() != 2 || parsed.words.front() != "keepalived")
    return Error(ErrorKind::kInvalid, "what to import? tandem import keepalived FILE");
  return parsed;
}

/// An existing file is left alone: it may hold more than the section. A password may stand in it.
base::Result<std::monostate> write_new(const std::string& path, std::string_view text) {
  const base::Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) return Error::from_errno(errno, path);
  while (!text.empty()) {
    const ssize_t count = ::write(file.get(), text.data(), text.size());
    if (count < 0) return Error::from_errno(errno, path);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return std::monostate{};
}

/// What tandem itself would refuse in the section.
format::Problems refusals(const format::Value& tree) {
  format::Problems problems;
  std::vector<std::string> ignored;
  const auto configuration = model::decode_static(tree, problems, ignored);
  if (!problems.empty() || !configuration.ha) return problems;
  return model::validate_ha(*configuration.ha);
}

}  // namespace

int run_import(const std::vector<std::string>& arguments) {
  const auto parsed = parse(arguments);
  if (!parsed) return command_failed(parsed.error().text());
  const auto imported = keepalived::import_keepalived(parsed->words.back(), parsed->options);
  if (!imported) return command_failed(imported.error().text());
  for (const keepalived::ImportRemark& remark : imported->remarks) fmt::print(stderr, "{}\n", remark.line());
  const format::Problems refused = refusals(imported->ha);
  for (const format::Problem& problem : refused) fmt::print(stderr, "error: {}\n", problem.text());
  const std::string text = imported->yaml();
  if (parsed->output.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  } else if (const auto done = write_new(parsed->output, text); !done) {
    return command_failed(done.error().text());
  }
  const bool whole = refused.empty() && !imported->has(keepalived::RemarkKind::kUntranslated) &&
                     !imported->has(keepalived::RemarkKind::kError);
  return whole ? 0 : 1;
}

}  // namespace tandem::command
