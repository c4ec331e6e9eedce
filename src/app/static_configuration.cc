#include "app/static_configuration.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "base/text.h"
#include "config/format/environment.h"
#include "config/format/flags.h"
#include "config/format/json.h"
#include "config/format/schema.h"
#include "config/format/toml.h"
#include "config/format/yaml.h"
#include "config/model/decode_configuration.h"
#include "config/model/effective.h"
#include "config/model/validate.h"
#include "config/model/validate_ha.h"
#include "control/provider/dynamic_file.h"

namespace tandem::app {
namespace {

using format::Problem;

constexpr std::array<std::string_view, 3> kExtensions{".toml", ".yaml", ".yml"};
constexpr std::string_view kFlagErrors = "failed to decode configuration from flags: ";
constexpr std::string_view kEnvironmentErrors = "failed to decode configuration from environment variables: ";

std::string variable(const StaticSources& sources, std::string_view name) {
  for (const std::string& entry : sources.environment) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos && std::string_view(entry).substr(0, equals) == name) {
      return entry.substr(equals + 1);
    }
  }
  return {};
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// $NAME and ${NAME} become the variable's value, empty when there is none.
std::string expanded(const StaticSources& sources, std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text[0] != '$' || text.size() == 1) {
      out += text[0];
      text.remove_prefix(1);
      continue;
    }
    text.remove_prefix(1);
    const bool braced = text[0] == '{';
    if (braced) text.remove_prefix(1);
    std::size_t length = 0;
    while (length < text.size() && is_name_character(text[length])) ++length;
    out += variable(sources, text.substr(0, length));
    text.remove_prefix(length);
    if (braced && text.starts_with('}')) text.remove_prefix(1);
  }
  return out;
}

bool is_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error) && !std::filesystem::is_directory(path, error);
}

std::string read_file(const std::string& path, format::Problems& problems) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) {
    const base::Error error = base::Error::from_errno(errno, "unable to read " + path);
    problems.push_back(provider::problem_of(error, path));
  }
  return std::move(text).str();
}

base::Result<format::Value> parse_file(const std::string& path, std::string_view text) {
  const std::string extension = base::lower_case(std::filesystem::path(path).extension().string());
  if (extension == ".toml") return format::parse_toml(text, path);
  if (extension == ".json") return format::parse_json(text, path);
  if (extension == ".yaml" || extension == ".yml") return format::parse_yaml(text, path);
  return base::Error(base::ErrorKind::kInvalid, "unsupported file extension: " + path);
}

void prefix_messages(format::Problems& problems, std::string_view prefix) {
  for (Problem& problem : problems) problem.message.insert(0, prefix);
}

/// Takes the name of the configuration file out of the flags' tree. Only the spellings configFile and configfile load a
/// file; others are flags without effect, as in Traefik.
std::string take_configuration_file(format::Value& flags) {
  if (flags.object() == nullptr) return {};
  std::string path;
  std::erase_if(*flags.object(), [&path](const format::Member& member) {
    if (!base::equal_ignoring_case(member.name, "configFile")) return false;
    const auto* text = std::get_if<format::Value::Text>(&member.value.data());
    if (text != nullptr && (member.name == "configFile" || member.name == "configfile")) path = text->text;
    return true;
  });
  return path;
}

void locate(format::Problems& problems, const format::Value& tree) {
  for (Problem& problem : problems) {
    if (problem.position.source == nullptr) problem.position = position_at(tree, problem.path);
  }
}

class Loader {
 public:
  explicit Loader(const StaticSources& sources) : sources_(sources) {}

  StaticLoad load() && {
    const format::Schema& schema = format::schema_of<model::StaticConfiguration>();
    auto flags = format::parse_flags(sources_.arguments, schema);
    if (!flags) {
      load_.malformed_flags = true;
      fail(std::string(kFlagErrors) + flags.error().text());
      return std::move(load_);
    }
    const std::size_t words = sources_.arguments.size();
    const std::string named = take_configuration_file(flags->tree);
    if (sources_.file) {
      from_file(*sources_.file);
    } else if (const auto path = find_file(named)) {
      StaticFile file{.path = *path, .text = read_file(*path, load_.problems)};
      load_.origin = "file " + *path;
      if (load_.problems.empty()) from_file(std::move(file));
    } else if (words > 0) {
      if (!named.empty() && !sources_.configuration_file_is_flag) {
        fail(std::string(kFlagErrors) + "field not found, node: configFile");
      }
      from_flags(flags->tree);
    } else {
      from_environment(schema);
    }
    check_deprecated();
    finish();
    load_.tree = std::move(tree_);
    return std::move(load_);
  }

 private:
  void fail(std::string message) {
    load_.problems.push_back({.position = {}, .path = {}, .message = std::move(message), .suggestion = {}});
  }

  std::optional<std::string> find_file(const std::string& named) const {
    // A named file that does not exist is passed over in silence, as in Traefik.
    if (std::string path = expanded(sources_, named); !path.empty() && is_file(path)) return path;
    for (const std::string& path : default_files(sources_)) {
      if (is_file(path)) return path;
    }
    return std::nullopt;
  }

  void from_file(StaticFile file) {
    const std::string path = file.path;
    load_.origin = "file " + path;
    auto tree = parse_file(path, file.text);
    load_.file = std::move(file);
    if (!tree) {
      load_.problems.push_back(provider::problem_of(tree.error(), path));
      return;
    }
    tree_ = std::move(*tree);
    if (tree_.is_null() || (tree_.object() != nullptr && tree_.object()->empty())) {
      fail("no configuration found in file: " + path);
      return;
    }
    std::vector<std::string> ignored;
    configuration_ = model::decode_static(tree_, load_.problems, ignored);
    for (Problem& problem : load_.problems) {
      if (problem.message == "no valid configuration found") problem.message += " in file: " + path;
    }
    for (const std::string& root : ignored) {
      load_.warnings.push_back({.position = position_at(tree_, root),
                                .path = root,
                                .message = "unknown section is ignored",
                                .suggestion = {}});
    }
  }

  void from_flags(const format::Value& tree) {
    load_.origin = "flags";
    tree_ = tree;
    if (tree_.object() != nullptr && !tree_.object()->empty()) {
      format::decode(tree_, configuration_, load_.problems);
      prefix_messages(load_.problems, kFlagErrors);
    }
  }

  void from_environment(const format::Schema& schema) {
    auto tree = format::parse_environment(sources_.environment, schema);
    if (!tree) {
      fail(std::string(kEnvironmentErrors) + tree.error().text());
      return;
    }
    if (tree->is_null()) {
      load_.origin = "defaults";
      return;
    }
    load_.origin = "environment variables";
    tree_ = std::move(*tree);
    format::decode(tree_, configuration_, load_.problems);
    prefix_messages(load_.problems, kEnvironmentErrors);
  }

  void check_deprecated() {
    model::DeprecatedOptions deprecated = model::deprecated_options(tree_);
    locate(deprecated.fatal, tree_);
    locate(deprecated.warnings, tree_);
    if (!deprecated.fatal.empty()) {
      // The option itself is unknown to the decoder too; its own sentence says more.
      std::erase_if(load_.problems, [&deprecated](const Problem& problem) {
        return std::ranges::any_of(deprecated.fatal, [&problem](const Problem& known) {
          return !known.path.empty() && base::starts_with_ignoring_case(problem.path, known.path);
        });
      });
      load_.problems.insert(load_.problems.end(), deprecated.fatal.begin(), deprecated.fatal.end());
      fail("incompatible deprecated install configuration option found");
    }
    load_.warnings.insert(load_.warnings.end(), deprecated.warnings.begin(), deprecated.warnings.end());
  }

  void finish() {
    load_.not_built = format::not_built(configuration_);
    load_.configuration = model::effective(std::move(configuration_));
    if (!load_.problems.empty()) return;  // what is missing would only be said twice
    load_.problems = model::validate(load_.configuration);
    locate(load_.problems, tree_);
    if (!load_.configuration.ha) return;
    format::Problems doubts = model::ha_warnings(*load_.configuration.ha);
    locate(doubts, tree_);
    load_.warnings.insert(load_.warnings.end(), doubts.begin(), doubts.end());
  }

  const StaticSources& sources_;
  StaticLoad load_;
  format::Value tree_;
  model::StaticConfiguration configuration_;
};

}  // namespace

StaticSources sources_of(std::vector<std::string> arguments) {
  StaticSources sources;
  sources.arguments = std::move(arguments);
  for (char** entry = environ; *entry != nullptr; ++entry) sources.environment.emplace_back(*entry);
  return sources;
}

StaticLoad load_static(const StaticSources& sources) { return Loader(sources).load(); }

std::vector<std::string> default_files(const StaticSources& sources) {
  const std::string home = variable(sources, "HOME");
  const std::string settings = variable(sources, "XDG_CONFIG_HOME");
  std::vector<std::string> files;
  const auto add = [&files](const std::string& folder, std::string_view name) {
    for (const std::string_view extension : kExtensions)
      files.push_back(fmt::format("{}/{}{}", folder, name, extension));
  };
  constexpr std::array<std::string_view, 2> kNames{"tandem", "traefik"};
  for (const std::string_view name : kNames) add(fmt::format("{}/{}", sources.system_folder, name), name);
  // Unset variables count as empty, as in Traefik: /traefik.yml is found, which many container images rely on.
  for (const std::string& folder : {settings, home + "/.config", sources.working_folder}) {
    for (const std::string_view name : kNames) add(folder, name);
  }
  return files;
}

format::Position position_at(const format::Value& root, std::string_view path) {
  const format::Value* at = &root;
  while (!path.empty()) {
    if (path.starts_with('.')) path.remove_prefix(1);
    const format::Value* next = nullptr;
    std::size_t length = 0;
    if (path.starts_with('[')) {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(path.data() + 1, path.data() + path.size(), index);
      length = std::min(path.size(), static_cast<std::size_t>(end - path.data()) + 1);
      if (error == std::errc{} && at->array() != nullptr && index < at->array()->size()) next = &(*at->array())[index];
    } else {
      length = std::min(path.find_first_of(".["), path.size());
      next = at->find(path.substr(0, length));
    }
    if (next == nullptr) break;
    at = next;
    path.remove_prefix(length);
  }
  return at == &root ? format::Position{root.position().source} : at->position();
}

}  // namespace tandem::app
