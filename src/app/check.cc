#include "app/check.h"

#include <fmt/format.h>

#include <filesystem>

#include "app/problems.h"
#include "app/reload.h"
#include "app/router_errors.h"
#include "base/text.h"
#include "config/format/json.h"
#include "config/model/internal_configuration.h"
#include "control/provider/all.h"
#include "engine/loop/scope.h"

namespace tandem::app {
namespace {

using format::Problem;
using format::Problems;
using format::Value;

/// Stands for a service of the program itself, which nobody will ask.
class Nobody final : public http::Handler {
 public:
  loop::Task<http::Response> handle(http::Request /*request*/, http::Exchange& exchange) const override {
    return http::ready(http::empty_response(503, exchange.arena));
  }
};

/// Hands deliveries on and keeps what a person wants to know.
class Witness final : public provider::Receiver {
 public:
  Witness(Reload& reload, CheckReport& report) : reload_(reload), report_(report) {}
  void receive(provider::Delivery delivery) override {
    report_.warnings.insert(report_.warnings.end(), delivery.warnings.begin(), delivery.warnings.end());
    delivery.warnings.clear();  // or they would be logged as well
    Problems problems = std::move(delivery.problems);
    delivery.problems.clear();
    report_.errors.insert(report_.errors.end(), problems.begin(), problems.end());
    if (delivery.configuration != nullptr) {
      for (std::string& path : format::not_built(*delivery.configuration)) report_.not_built.push_back(std::move(path));
    }
    reload_.receive(std::move(delivery));
  }

 private:
  Reload& reload_;
  CheckReport& report_;
};

void check_dynamic(const model::StaticConfiguration& configuration, CheckReport& report) {
  const auto shared = std::make_shared<const model::StaticConfiguration>(configuration);
  Candidate last;
  Reload reload(shared, [&last](Candidate candidate) { last = std::move(candidate); });
  Witness witness(reload, report);
  loop::Loop loop;
  // One look is enough: nothing is to be watched.
  model::Providers options = configuration.providers;
  if (options.file) options.file->watch = false;
  const auto providers = provider::make_all(options);
  loop::Scope tasks;
  for (const auto& each : providers) tasks.spawn(each->run(witness));
  reload.begin();
  for (const ConfigurationError& error : last.errors) report.errors.push_back(error.problem);

  routing::BuildInput input{.static_configuration = shared, .dynamic = last.configuration, .internal_services = {}};
  for (const auto& [name, service] : model::internal_configuration(*shared).configuration.http.services) {
    input.internal_services[name] = std::make_shared<const Nobody>();
  }
  const auto snapshot = routing::build_snapshot(input, nullptr);
  const Problems wrong = errors_of(*snapshot, [&providers](std::string_view provider, std::string_view path) {
    for (const auto& each : providers) {
      if (each->name() == provider) return each->locate(path);
    }
    return format::Position{};
  });
  report.errors.insert(report.errors.end(), wrong.begin(), wrong.end());
}

/// The program passes a missing file over in silence; here it is what the user asked to check.
void check_named_file(const StaticSources& sources, CheckReport& report) {
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

Value text_value(std::string text) { return {std::move(text), {}}; }

Value values_of(const Problems& problems) {
  format::Array array;
  for (const Problem& problem : problems) array.push_back(value_of(problem));
  return {std::move(array), {}};
}

std::string counted(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

}  // namespace

CheckReport check(const StaticSources& sources) {
  CheckReport report;
  check_named_file(sources, report);
  StaticLoad load = load_static(sources);
  report.origin = load.origin;
  report.errors.insert(report.errors.end(), load.problems.begin(), load.problems.end());
  report.warnings = std::move(load.warnings);
  report.not_built = std::move(load.not_built);
  // Also when the static configuration is wrong: what could be read of it says where the dynamic one is.
  check_dynamic(load.configuration, report);
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
  for (const std::string& path : report.not_built) not_built.push_back(text_value(path));
  format::Object object;
  object.push_back({"origin", text_value(report.origin)});
  object.push_back({"errors", values_of(report.errors)});
  object.push_back({"warnings", values_of(report.warnings)});
  object.push_back({"notBuilt", {std::move(not_built), {}}});
  return format::serialize_json_pretty({std::move(object), {}}) + "\n";
}

}  // namespace tandem::app
