// The help of each command.

#include <array>
#include <utility>

#include "app/command/help.h"

namespace tandem::command {
namespace {

constexpr std::string_view kCheck = R"(Usage: tandem check [--json] [--configFile=FILE] [flags]

Loads the static and the dynamic configuration as the program would, serves nothing, and prints everything that is
wrong, with file, line and key, and what would be right.

    --json              the report as JSON
    --configFile=FILE   the static configuration; without it flags, else the environment, else the default files

Exit code: 0 without errors, 1 with errors.
)";

constexpr std::string_view kDiff = R"(Usage: tandem diff [--json] OLD NEW
       tandem diff [--json] --api[=URL] [--configFile=FILE] NEW

Compares two configurations in terms of entry points, routers, services, middlewares and their options. OLD and NEW are
files or directories: a static configuration (which names the dynamic one), or a dynamic one alone. Static options are
compared when both sides have them. Secrets are compared, but never shown.

    --json        the changes as JSON
    --api[=URL]   compare the running tandem at URL (http://[user:password@]host:port[/base]) with NEW; without URL the
                  place that the static configuration says. Only what came from files is compared.

Exit code: 0 nothing differs, 1 something differs, 2 error.
)";

constexpr std::string_view kShow =
    R"(Usage: tandem show router|service|middleware NAME [--json] [--configFile=FILE] [--api[=URL]]

Shows one object: a router with its rule, its place in the order on each entry point, the middlewares a request passes
and the servers it gets to; a service with its servers; a middleware with its options. NAME is name@provider, or a name
alone. HTTP, TCP and UDP are searched.

    --json              as JSON
    --configFile=FILE   the static configuration; without it flags, else the environment, else the default files
    --api[=URL]         ask the running tandem at URL instead of reading files; without URL the place that the static
                        configuration says

Exit code: 0, 1 when there is no such object, 2 error.
)";

constexpr std::string_view kRoute =
    R"(Usage: tandem route 'METHOD URL' [-H 'Name: value'] [--entry-point NAME] [--from ADDRESS] [--all] [--json]
                   [--configFile=FILE] [--api[=URL]]

Tells which router takes a request, through which middlewares and to which servers; which routers match as well and
come later; which do not match, and by which matchers; and which would match but are never asked (disabled, other entry
point, other kind of connection).

    METHOD URL           for example 'GET https://shop.test/cart?x=1'; the method may be missing
    -H 'Name: value'     a header of the request; may be repeated
    --entry-point NAME   where it comes in; without it: the entry points on the URL's port, else the default ones
    --from ADDRESS       the client's address; default 127.0.0.1
    --all                all routers that do not match, not only the five that come nearest
    --json               as JSON
    --configFile=FILE    the static configuration; without it flags, else the environment, else the default files
    --api[=URL]          ask the running tandem at URL instead of reading files; without URL the place that the static
                         configuration says

Exit code: 0 when a router takes it, 1 when none does (404), 2 error.
)";

constexpr std::string_view kHa = R"(Usage: tandem ha status [--json] [--check] [--configFile=FILE]
       tandem ha failover [--configFile=FILE]
       tandem ha maintenance on|off [--configFile=FILE]
       tandem ha restart [--configFile=FILE]
       tandem ha invite [--address=HOST[:PORT]] [--json] [--configFile=FILE]
       tandem ha join TOKEN [--node=NAME] [--new-keys] [--write] [--configFile=FILE]

Looks at the pair that this machine is a node of, and tells it what to do. The static configuration must be that of the
running program, which has the section ha.

    status        which node holds the virtual addresses, how both are, and the last transitions
    failover      the other node takes the addresses over, without a failed request
    invite        prints the command that lets another machine become a node of this pair, once, within 15 minutes
    join          makes keys, exchanges certificates with the node that invited, and prints (--write: adds) the section
                  ha of this machine
    maintenance   on: this node gives the addresses up and takes no part until it is off again
    restart       the program starts anew, with the file of the program and the static configuration that are there
                  now; it keeps its addresses, refuses no connection, and open ones may end

    --json              the status as JSON
    --check             exit code 1 unless this node holds all its virtual addresses
    --configFile=FILE   the static configuration; without it flags, else the environment, else the default files

Exit code: 0, 1 when the command was refused, 2 error.
)";

constexpr std::string_view kHealthcheck = R"(Usage: tandem healthcheck [flags]

Calls /ping of a running tandem with the same static configuration (option ping).

Exit code: 0 when it answers 200, else 1.
)";

constexpr std::string_view kWhoami = R"(Usage: tandem whoami [--port=N] [--name=TEXT]

Serves a page that shows the request it got: a server to try things with.
)";

constexpr std::string_view kImport =
    R"(Usage: tandem import keepalived FILE [--output FILE] [--id ID] [--peer-priority N] [--strict]

Writes the section `ha` that does what a keepalived.conf says, and lists on standard error what could not be translated
and why, with file and line. Nothing is passed over.

    --output FILE       write there instead of to standard output; the file must not exist
    --id ID             take lines that begin with @ID (keepalived -i); without it the host's name
    --peer-priority N   the other node's priority: says whether weights of checks can move the addresses
    --strict            weights that cannot, or may not, are errors

Exit code: 0 all is translated, 1 something is not or is an error of --strict, 2 error.
)";

constexpr std::string_view kVersion = R"(Usage: tandem version

Shows the version.
)";

}  // namespace

std::string_view command_help(std::string_view command) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kTexts{{{"check", kCheck},
                                                                                 {"diff", kDiff},
                                                                                 {"show", kShow},
                                                                                 {"route", kRoute},
                                                                                 {"ha", kHa},
                                                                                 {"healthcheck", kHealthcheck},
                                                                                 {"whoami", kWhoami},
                                                                                 {"import", kImport},
                                                                                 {"version", kVersion}}};
  for (const auto& [name, text] : kTexts) {
    if (name == command) return text;
  }
  return {};
}

}  // namespace tandem::command
