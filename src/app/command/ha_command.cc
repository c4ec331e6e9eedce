#include "app/command/ha_command.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "app/command/command_arguments.h"
#include "app/command/ha_join.h"
#include "app/static_configuration.h"
#include "config/format/json_fields.h"
#include "control/ha/control_socket.h"
#include "control/history/last_good.h"

namespace tandem::command {
namespace {

using boost::json::object;
using boost::json::value;
using format::flag_in;
using format::list_in;
using format::number_in;
using format::part_in;

constexpr int kPatience = 35'000;  // milliseconds; a switch-over waits for connections to drain

/// The value of a member as people read it: a text as it is.
std::string shown(const object& from, std::string_view key) {
  const value* const found = from.if_contains(key);
  if (found == nullptr) return {};
  return found->is_string() ? std::string(found->get_string()) : boost::json::serialize(*found);
}

std::string joined(const boost::json::array& texts) {
  std::string all;
  for (const value& each : texts) {
    if (!all.empty()) all += ", ";
    all += each.is_string() ? std::string_view(each.get_string()) : std::string_view("?");
  }
  return all;
}

/// "3.2 s", "5 min", "2 h", "4 d".
std::string span_text(double seconds) {
  constexpr double kMinute = 60;
  constexpr double kHour = 3600;
  constexpr double kDay = 86400;
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  if (seconds < 2 * kMinute) return fmt::format("{:.0f} s", seconds);
  if (seconds < 2 * kHour) return fmt::format("{:.0f} min", seconds / kMinute);
  if (seconds < 2 * kDay) return fmt::format("{:.0f} h", seconds / kHour);
  return fmt::format("{:.0f} d", seconds / kDay);
}

std::string instance_text(const object& instance) {
  std::string out = fmt::format("  {:<12} {:<9} {:>8}  priority {:<4} {}\n", shown(instance, "name"),
                                shown(instance, "state"), span_text(number_in(instance, "secondsInState")),
                                shown(instance, "priority"), joined(list_in(instance, "virtualAddresses")));
  if (!list_in(instance, "excludedAddresses").empty()) {
    out += fmt::format("      also holds {}\n", joined(list_in(instance, "excludedAddresses")));
  }
  out += fmt::format("      because {}\n", shown(instance, "reason"));
  for (const value& fault : list_in(instance, "faults")) {
    out += fmt::format("      FAULT: {}\n", std::string_view(fault.get_string()));
  }
  for (const value& problem : list_in(instance, "problems")) {
    out += fmt::format("      PROBLEM: {}\n", std::string_view(problem.get_string()));
  }
  if (const std::string until = shown(instance, "failBackHeldUntil"); !until.empty()) {
    out += fmt::format("      fail-back is held back until {}: there were too many transitions\n", until);
  }
  if (const std::string error = shown(instance, "switchOverError"); !error.empty()) {
    out += fmt::format("      PROBLEM: open connections end at a planned switch-over: {}\n", error);
  }
  for (const value& peer : list_in(instance, "peersHeard")) {
    out +=
        fmt::format("      heard {} with priority {}, {} ago\n", shown(peer.get_object(), "address"),
                    shown(peer.get_object(), "priority"), span_text(number_in(peer.get_object(), "heardSecondsAgo")));
  }
  return out;
}

std::string node_text(const object& node) {
  const object& data_plane = part_in(node, "dataPlane");
  std::string out = fmt::format("{}: data plane {}", shown(node, "node"), shown(data_plane, "health"));
  if (const std::string reason = shown(data_plane, "reason"); !reason.empty()) out += " (" + reason + ")";
  out += '\n';
  if (const object& upstreams = part_in(node, "upstreams"); upstreams.contains("services")) {
    const std::string reason = shown(upstreams, "reason");
    out += reason.empty() ? fmt::format("  upstreams: {} of {} services have a living server\n",
                                        shown(upstreams, "living"), shown(upstreams, "services"))
                          : fmt::format("  UPSTREAMS: {}\n", reason);
  }
  for (const value& instance : list_in(node, "instances")) out += instance_text(instance.get_object());
  return out;
}

/// A node that was never reached has no address: then its name stands there, and where it was looked for.
std::string link_text(const object& link) {
  const std::string address = shown(link, "address");
  std::string out =
      fmt::format("peer link {}: {}", address.empty() ? "to " + shown(link, "node") : address, shown(link, "state"));
  if (const std::string tried = joined(list_in(link, "tried")); !tried.empty()) out += " (tried " + tried + ")";
  out += '\n';
  if (!part_in(link, "status").empty()) out += node_text(part_in(link, "status"));
  return out;
}

std::string status_text(const object& status) {
  std::string out = fmt::format("{}\n{}", shown(status, "time"), node_text(status));
  for (const value& link : list_in(status, "peers")) out += link_text(link.get_object());
  if (!list_in(status, "transitions").empty()) out += "last transitions:\n";
  for (const value& transition : list_in(status, "transitions")) {
    const object& each = transition.get_object();
    out += fmt::format("  {} {} {} -> {}: {}\n", shown(each, "time"), shown(each, "instance"), shown(each, "from"),
                       shown(each, "to"), shown(each, "reason"));
  }
  return out;
}

void print(std::string_view what) {
  std::fwrite(what.data(), 1, what.size(), stdout);
  std::fflush(stdout);
}

/// Where the supervisor with this configuration listens.
base::Result<std::string> socket_path(const CommandArguments& arguments) {
  const app::StaticLoad load = app::load_static(app::sources_of(arguments.static_flags));
  if (!load.problems.empty()) {
    return base::Error(base::ErrorKind::kInvalid, "the static configuration: " + load.problems.front().text());
  }
  if (!load.configuration.ha) {
    return base::Error(base::ErrorKind::kInvalid, load.origin + " has no section ha: this node is none of a pair");
  }
  const std::string& chosen = load.configuration.stateDirectory;
  return ha::control_socket_path(chosen.empty() ? history::default_directory() : chosen);
}

/// Prints the answer to a command that changes something.
int report(const object& answer) {
  if (const std::string error = shown(answer, "error"); !error.empty()) {
    std::fprintf(stderr, "refused: %s\n", error.c_str());
    return 1;
  }
  print(shown(answer, "done") + "\n");
  return 0;
}

}  // namespace

int run_ha(const std::vector<std::string>& arguments) {
  std::vector<std::string> rest = arguments;
  const auto word =
      std::ranges::find_if(rest, [](const std::string& each) { return each == "invite" || each == "join"; });
  if (word != rest.end()) {
    const bool invites = *word == "invite";
    rest.erase(word);
    return invites ? run_ha_invite(rest) : run_ha_join(rest);
  }
  const bool check = std::erase(rest, "--check") > 0;
  const auto parsed = parse_command_arguments(rest);
  if (!parsed) return command_failed(parsed.error().text());
  if (parsed->words.empty()) return command_failed("ha: say status, failover, maintenance, restart, invite or join");
  const std::string& what = parsed->words.front();
  object request{{"command", what}};
  if (what == "maintenance") {
    const bool known = parsed->words.size() == 2 && (parsed->words[1] == "on" || parsed->words[1] == "off");
    if (!known) return command_failed("ha maintenance: say on or off");
    request["on"] = parsed->words[1] == "on";
  } else if (what != "status" && what != "failover" && what != "restart") {
    return command_failed("ha: \"" + what + "\" is none of status, failover, maintenance, restart, invite, join");
  }
  const auto path = socket_path(*parsed);
  if (!path) return command_failed(path.error().text());
  const auto answer = ha::ask_supervisor(*path, request, kPatience);
  if (!answer) return command_failed(answer.error().text());
  if (what != "status") return report(*answer);
  print(parsed->json ? boost::json::serialize(*answer) + "\n" : status_text(*answer));
  return check && !flag_in(*answer, "holdsAllAddresses") ? 1 : 0;
}

}  // namespace tandem::command
