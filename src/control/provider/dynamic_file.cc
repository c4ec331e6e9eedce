#include "control/provider/dynamic_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "base/text.h"
#include "config/format/json.h"
#include "config/format/source.h"
#include "config/format/toml.h"
#include "config/format/yaml.h"
#include "config/model/decode_configuration.h"
#include "config/template/render.h"

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

/// Go's templates: the dot is false, as in Traefik.
base::Result<templates::Rendered> render(const std::string& path, std::string_view text) {
  const auto parsed = templates::Template::parse(path, text);
  if (!parsed) return parsed.error();
  return parsed->render(templates::Value::of(false));
}

/// "template: FILE:LINE:COLUMN: reason".
format::Problem problem_of_template(const base::Error& error, const std::string& path) {
  constexpr std::string_view kPrefix = "template: ";
  const std::string text = error.text();
  const std::string_view rest = std::string_view(text).substr(text.starts_with(kPrefix) ? kPrefix.size() : 0);
  format::Problem problem = problem_of(base::Error(error.kind(), std::string(rest)), path);
  problem.message = "template: " + problem.message;
  return problem;
}

/// Positions in what a template yielded become lines of the template.
class Lines {
 public:
  explicit Lines(const templates::Rendered* rendered) : rendered_(rendered) {}

  format::Position operator()(format::Position position) const {
    if (rendered_ == nullptr || position.line == 0) return position;
    position.line = rendered_->source_line(position.line);
    position.column = 0;  // of the template nobody knows it
    return position;
  }

 private:
  const templates::Rendered* rendered_;  // null: the text is no template
};

/// Objects stand three levels deep: section, kind, name; those of a list (tls.certificates) have a number.
void collect_positions(const format::Value& tree, const Lines& lines, DynamicFile& file) {
  if (tree.object() == nullptr) return;
  for (const auto& [section, kinds] : *tree.object()) {
    if (kinds.object() == nullptr) continue;
    for (const auto& [kind, objects] : *kinds.object()) {
      const std::string path = fmt::format("{}.{}", base::lower_case(section), base::lower_case(kind));
      for (std::size_t i = 0; objects.array() != nullptr && i < objects.array()->size(); ++i) {
        file.positions.set(fmt::format("{}[{}]", path, i), lines((*objects.array())[i].position()));
      }
      if (objects.object() == nullptr) continue;
      for (const auto& [name, object] : *objects.object()) {
        file.positions.set(fmt::format("{}.{}", path, name), lines(object.position()));
      }
    }
  }
}

}  // namespace

bool is_dynamic_file(std::string_view path) {
  const std::string extension = extension_of(path);
  return extension == ".yml" || extension == ".yaml" || extension == ".toml";
}

bool is_yaml(std::string_view path) {
  const std::string extension = extension_of(path);
  return extension != ".toml" && extension != ".json";
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
  const std::size_t before = problems.size();
  std::optional<templates::Rendered> rendered;
  if (templates::has_actions(text)) {
    auto result = render(path, text);
    if (!result) {
      problems.push_back(problem_of_template(result.error(), path));
      return std::nullopt;
    }
    text = rendered.emplace(*std::move(result)).text;
  }
  const Lines lines(rendered ? &*rendered : nullptr);
  const auto tree = parse(path, text);
  if (!tree) {
    problems.push_back(problem_of(tree.error(), path));
    problems.back().position = lines(problems.back().position);
    return std::nullopt;
  }
  std::vector<std::string> ignored;
  DynamicFile file;
  file.configuration = model::decode_dynamic(*tree, problems, ignored);
  for (std::size_t i = before; i < problems.size(); ++i) problems[i].position = lines(problems[i].position);
  for (const std::string& root : ignored) {
    const format::Value* value = tree->find(root);
    warnings.push_back({.position = lines(value == nullptr ? tree->position() : value->position()),
                        .path = root,
                        .message = "unknown section is ignored (known are http, tcp, udp and tls)",
                        .suggestion = {}});
  }
  collect_positions(*tree, lines, file);
  return file;
}

Place place_of(const model::StoredCertificate& certificate, const DynamicFile& file) {
  const auto& all = file.configuration.tls.certificates;
  const auto found = std::ranges::find(all, certificate);
  if (found == all.end()) return {};
  std::string path = fmt::format("tls.certificates[{}]", found - all.begin());
  format::Position position = file.positions.find(path);
  return {.position = std::move(position), .path = std::move(path)};
}

void log_rendered(const std::string& path, std::string_view text) {
  base::log_debug("Template content: " + std::string(text), {{"providerName", "file"}, {"filename", path}});
  if (const auto rendered = render(path, text)) {
    base::log_debug("Template result: " + rendered->text, {{"providerName", "file"}, {"filename", path}});
  }
}

}  // namespace tandem::provider
