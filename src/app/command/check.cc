#include "app/command/check.h"

#include <fmt/format.h>

#include <filesystem>

#include "app/inspect/check_certificates.h"
#include "app/inspect/dry_run.h"
#include "app/problems.h"
#include "app/supervisor/ha_on_this_host.h"
#include "base/text.h"
#include "config/format/json.h"
#include "proxy/routing/upstreams.h"

namespace tandem::command {
namespace {

using format::Problem;
using format::Problems;
using format::Value;

/// The program passes a missing file over in silence; here it is what the user asked to check.
void check_named_file(const app::StaticSources& sources, CheckReport& report) {
  for (std::size_t i = 0; i < sources.arguments.size(); ++i) {
    std::string_view word = sources.arguments[i];
    while (word.starts_with('-')) word.remove_prefix(1);
    if (!base::starts_with_ignoring_case(word, "configfile")) continue;
    word.remove_prefix(std::string_view("configfile").size());
    std::string path;
    if (word.starts_with('=')) {
      path = word.substr(1);
    } else if (word.empty() && i + 1 < sources.arguments.size()) {
      path = sources.arguments[++i];
    }
    if (path.empty() || path.contains('$') || std::filesystem::exists(path)) continue;
    report.errors.push_back({.position = {}, .path = {}, .message = "no such file: " + path, .suggestion = {}});
  }
}

/// Services that a node of a pair must reach and that nobody configures. What comes over the network cannot be known.
void check_upstreams(const inspect::DryRun& run, CheckReport& report) {
  const auto& ha = run.configuration->ha;
  if (!ha || !ha->track.upstreams || run.dynamic == nullptr) return;
  const auto state = routing::upstream_state(run.dynamic->http, ha->track.upstreams->services,
                                             [](const std::string&) { return std::optional(true); });
  if (!state) return;
  for (const std::string& name : state->missing) {
    if (name.contains('@') && !name.ends_with("@file")) continue;
    report.warnings.push_back(
        {.position = {},
         .path = "ha.track.upstreams.services",
         .message = fmt::format("there is no service {}: it counts as one without a living server", name),
         .suggestion = name.contains('@') ? "" : name + "@file"});
  }
}

Value values_of(const Problems& problems) {
  format::Array array;
  for (const Problem& problem : problems) array.push_back(app::value_of(problem));
  return {std::move(array), {}};
}

std::string counted(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

}  // namespace

CheckReport check(const app::StaticSources& sources) {
  CheckReport report;
  check_named_file(sources, report);
  app::StaticLoad load = app::load_static(sources);
  report.origin = load.origin;
  report.errors.insert(report.errors.end(), load.problems.begin(), load.problems.end());
  report.warnings = std::move(load.warnings);
  report.not_built = std::move(load.not_built);
  if (load.configuration.ha && load.problems.empty()) {
    // No errors: a configuration may be checked on another host than the one it is for.
    for (Problem& problem : supervisor::ha_problems_on_this_host(*load.configuration.ha)) {
      problem.message.insert(0, "on this host: ");
      report.warnings.push_back(std::move(problem));
    }
  }
  inspect::CertificateFindings certificates;
  inspect::check_certificates(load, certificates);
  // Also when the static configuration is wrong: what could be read of it says where the dynamic one is.
  inspect::DryRun run = inspect::dry_run(
      load.configuration, [&certificates](const inspect::DryRun& looked_at, const inspect::Places& places) {
        inspect::check_certificates(looked_at, places, certificates);
      });
  for (auto [from, to] :
       {std::pair{&run.errors, &report.errors}, std::pair{&run.warnings, &report.warnings},
        std::pair{&certificates.errors, &report.errors}, std::pair{&certificates.warnings, &report.warnings}}) {
    to->insert(to->end(), from->begin(), from->end());
  }
  check_upstreams(run, report);
  report.not_built.insert(report.not_built.end(), run.not_built.begin(), run.not_built.end());
  return report;
}

std::string text_of(const CheckReport& report) {
  std::string text = fmt::format("static configuration: {}\n", report.origin);
  for (const Problem& problem : report.errors) text += fmt::format("error: {}\n", problem.text());
  for (const Problem& problem : report.warnings) text += fmt::format("warning: {}\n", problem.text());
  for (const std::string& path : report.not_built) text += fmt::format("not built yet, no effect: {}\n", path);
  text += fmt::format("{}, {}, {} not built\n", counted(report.errors.size(), "error"),
                      counted(report.warnings.size(), "warning"), counted(report.not_built.size(), "option"));
  return text;
}

std::string json_of(const CheckReport& report) {
  format::Array not_built;
  for (const std::string& path : report.not_built) not_built.push_back(Value(path, {}));
  format::Object object;
  object.push_back({"origin", Value(report.origin, {})});
  object.push_back({"errors", values_of(report.errors)});
  object.push_back({"warnings", values_of(report.warnings)});
  object.push_back({"notBuilt", {std::move(not_built), {}}});
  return format::serialize_json_pretty({std::move(object), {}}) + "\n";
}

}  // namespace tandem::command
