#include "control/provider/dynamic_file.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "config/format/json.h"
#include "config/format/source.h"
#include "config/format/toml.h"
#include "config/format/yaml.h"
#include "config/model/decode_configuration.h"

namespace tandem::provider {
namespace {

std::string extension_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  const std::size_t slash = path.rfind('/');
  if (dot == std::string_view::npos || (slash != std::string_view::npos && dot < slash)) return {};
  return base::lower_case(path.substr(dot));
}

base::Result<format::Value> parse(const std::string& path, std::string_view text) {
  const std::string extension = extension_of(path);
  if (extension == ".toml") return format::parse_toml(text, path);
  if (extension == ".json") return format::parse_json(text, path);
  return format::parse_yaml(text, path);
}

/// Takes ":NUMBER" off the front.
bool take_number(std::string_view& text, std::uint32_t& number) {
  if (!text.starts_with(':')) return false;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// Objects stand three levels deep: section, kind, name.
void collect_positions(const format::Value& tree, DynamicFile& file) {
  if (tree.object() == nullptr) return;
  for (const auto& [section, kinds] : *tree.object()) {
    if (kinds.object() == nullptr) continue;
    for (const auto& [kind, objects] : *kinds.object()) {
      if (objects.object() == nullptr) continue;
      for (const auto& [name, object] : *objects.object()) {
        file.positions.emplace(fmt::format("{}.{}.{}", base::lower_case(section), base::lower_case(kind), name),
                               object.position());
      }
    }
  }
}

}  // namespace

bool is_dynamic_file(std::string_view path) {
  const std::string extension = extension_of(path);
  return extension == ".yml" || extension == ".yaml" || extension == ".toml";
}

bool is_nameable_file(std::string_view path) { return is_dynamic_file(path) || extension_of(path) == ".json"; }

format::Problem problem_of(const base::Error& error, const std::string& source) {
  format::Problem problem;
  problem.position.source = std::make_shared<const std::string>(source);
  const std::string whole = error.text();
  std::string_view rest = whole;
  if (rest.starts_with(source)) {
    rest.remove_prefix(source.size());
    if (take_number(rest, problem.position.line)) take_number(rest, problem.position.column);
    if (rest.starts_with(": ")) rest.remove_prefix(2);
  }
  problem.message = rest;
  return problem;
}

std::optional<DynamicFile> parse_dynamic_file(const std::string& path, std::string_view text,
                                              format::Problems& problems, format::Problems& warnings) {
  const std::size_t before = problems.size();
  auto file = parse_what_decodes(path, text, problems, warnings);
  if (problems.size() > before) return std::nullopt;
  return file;
}

std::optional<DynamicFile> parse_what_decodes(const std::string& path, std::string_view text,
                                              format::Problems& problems, format::Problems& warnings) {
  const auto source = std::make_shared<const std::string>(path);
  if (const std::size_t action = text.find("{{"); action != std::string_view::npos) {
    problems.push_back({.position = format::position_of(source, text, action),
                        .path = {},
                        .message = "template actions ({{ … }}) are not supported yet; the file is not used",
                        .suggestion = {}});
    return std::nullopt;
  }
  const auto tree = parse(path, text);
  if (!tree) {
    problems.push_back(problem_of(tree.error(), path));
    return std::nullopt;
  }
  std::vector<std::string> ignored;
  DynamicFile file;
  file.configuration = model::decode_dynamic(*tree, problems, ignored);
  for (const std::string& root : ignored) {
    const format::Value* value = tree->find(root);
    warnings.push_back({.position = value == nullptr ? tree->position() : value->position(),
                        .path = root,
                        .message = "unknown section is ignored (known are http, tcp, udp and tls)",
                        .suggestion = {}});
  }
  collect_positions(*tree, file);
  return file;
}

}  // namespace tandem::provider
