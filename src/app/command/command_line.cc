#include "app/command/command_line.h"

#include <algorithm>
#include <cstdio>

#include "app/command/check.h"
#include "app/command/command_arguments.h"
#include "app/command/diff.h"
#include "app/command/ha_command.h"
#include "app/command/healthcheck.h"
#include "app/command/help.h"
#include "app/command/import_command.h"
#include "app/command/route.h"
#include "app/command/run.h"
#include "app/command/show.h"
#include "app/command/version.h"
#include "app/command/whoami.h"
#include "app/problems.h"
#include "base/text.h"

namespace tandem::command {
namespace {

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

bool asks_for_help(const std::vector<std::string>& arguments) {
  return std::ranges::any_of(
      arguments, [](const std::string& word) { return word == "--help" || word == "-help" || word == "-h"; });
}

int run_check(std::vector<std::string> arguments) {
  const bool json =
      std::erase_if(arguments, [](const std::string& word) { return word == "--json" || word == "-json"; }) > 0;
  const CheckReport report = check(app::sources_of(std::move(arguments)));
  print(json ? json_of(report) : text_of(report));
  return report.errors.empty() ? 0 : 1;
}

int run_healthcheck(std::vector<std::string> arguments) {
  app::StaticSources sources = app::sources_of(std::move(arguments));
  sources.configuration_file_is_flag = false;
  const app::StaticLoad load = app::load_static(sources);
  if (!load.problems.empty()) {
    app::report_command_errors(load.problems);
    return 1;
  }
  const HealthcheckResult result = healthcheck(load.configuration);
  print(result.text + "\n");
  return result.healthy ? 0 : 1;
}

int run_whoami_command(const std::vector<std::string>& arguments) {
  WhoamiOptions options;
  if (const std::string wrong = parse_whoami_options(arguments, options); !wrong.empty()) {
    app::report_command_error(wrong);
    return 1;
  }
  return run_whoami(options);
}

/// A command that looks at a configuration.
int run_looking(int (*command)(const CommandArguments&), const std::vector<std::string>& arguments) {
  const auto parsed = parse_command_arguments(arguments);
  return parsed ? command(*parsed) : command_failed(parsed.error().text());
}

}  // namespace

int run_command_line(std::vector<std::string> arguments) {
  if (asks_for_help(arguments)) {
    const std::string_view about = command_help(arguments.front());
    if (about.empty()) {
      print_help();
    } else {
      print(about);
    }
    return 0;
  }
  if (arguments.empty() || arguments.front().starts_with('-')) return run(app::sources_of(std::move(arguments)));
  const std::string command = arguments.front();
  arguments.erase(arguments.begin());
  // The first two are what container images written for Traefik begin with.
  if (command == "tandem" || command == "traefik") return run(app::sources_of(std::move(arguments)));
  if (command == "check") return run_check(std::move(arguments));
  if (command == "diff") return run_looking(run_diff, arguments);
  if (command == "show") return run_looking(run_show, arguments);
  if (command == "route") return run_looking(run_route, arguments);
  if (command == "ha") return run_ha(arguments);
  if (command == "import") return run_import(arguments);
  if (command == "healthcheck") return run_healthcheck(std::move(arguments));
  if (command == "whoami") return run_whoami_command(arguments);
  if (command == "version") {
    print(version_text());
    return 0;
  }
  print_help();
  app::report_command_error("command not found: " + command);
  return 1;
}

}  // namespace tandem::command
