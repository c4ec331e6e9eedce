#include "app/command/help.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/text.h"
#include "config/format/schema.h"
#include "config/model/static_configuration.h"

namespace tandem::command {
namespace {

using format::Schema;

constexpr std::string_view kHead = R"(tandem     A reverse proxy and load balancer that reads Traefik's configuration

Usage: tandem [command] [flags] [arguments]

Use "tandem [command] --help" for help on any command.

Commands:
    check          Checks the static and the dynamic configuration and prints everything that is wrong (--json)
    diff           Compares two configurations, or a running tandem with files
    show           Shows a router, service or middleware with all that hangs on it
    route          Tells which router takes a request, and why no other one
    ha             Shows the pair, and hands its addresses over (status, failover, invite, ...)
    healthcheck    Calls the ping of a running tandem with the same configuration
    import         Writes the section ha for a keepalived.conf (import keepalived FILE)
    version        Shows the version
    whoami         Serves a page that shows the request it got (--port, --name)

Flag's usage: tandem [--flag=flag_argument] [-f [flag_argument]]    # set flag_argument to flag(s)
          or: tandem [--flag[=true|false| ]] [-f[true|false| ]]     # set true/false to boolean flag(s)

Flags:
    --configfile  (Default: "")
        Configuration file to use. If specified, every other flag and the environment are ignored.
)";

void append_flags(const Schema& schema, const std::string& path, std::string& out);

void append_value(const Schema& schema, const std::string& path, std::string_view default_json, std::string& out) {
  switch (schema.kind) {
    case Schema::Kind::kSection:
      append_flags(schema, path, out);
      return;
    case Schema::Kind::kMap:
      append_value(schema.element(), path + ".<name>", {}, out);
      return;
    case Schema::Kind::kList:
      if (schema.element().kind == Schema::Kind::kSection) {
        append_value(schema.element(), path + "[n]", {}, out);
        return;
      }
      break;
    default:
      break;
  }
  std::string shown(default_json);
  if (shown.size() >= 2 && shown.starts_with('"')) shown = shown.substr(1, shown.size() - 2);
  out += fmt::format("    --{}  (Default: \"{}\")\n", path, shown);
}

void append_flags(const Schema& schema, const std::string& path, std::string& out) {
  for (const Schema::Field& field : schema.fields) {
    const std::string name = path.empty() ? base::lower_case(field.name) : path + "." + base::lower_case(field.name);
    if (field.stand_alone) out += fmt::format("    --{}  (Default: \"false\")\n", name);
    append_value(field.schema(), name, field.default_json, out);
  }
}

}  // namespace

std::string help_text() {
  std::string text(kHead);
  append_flags(format::schema_of<model::StaticConfiguration>(), {}, text);
  return text;
}

void print_help() {
  const std::string text = help_text();
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace tandem::command
