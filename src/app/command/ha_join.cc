#include "app/command/ha_join.h"

#include <fmt/format.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "app/command/command_arguments.h"
#include "app/command/ha_section.h"
#include "app/static_configuration.h"
#include "app/supervisor/ha_on_this_host.h"
#include "base/clock.h"
#include "config/format/json.h"
#include "config/model/entry_point_address.h"
#include "control/address/host_links.h"
#include "control/ha/control_socket.h"
#include "control/history/last_good.h"
#include "control/keepalived/yaml_text.h"
#include "control/peer/peer_transport.h"
#include "engine/loop/drive.h"

namespace tandem::command {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

/// Options of these commands, and what they say beside.
struct Words {
  std::vector<std::string> addresses;
  std::string node;
  bool new_keys = false;
  bool write = false;
  CommandArguments rest;
};

Result<Words> parse(const std::vector<std::string>& arguments) {
  Words words;
  std::vector<std::string> rest;
  for (const std::string& word : arguments) {
    if (word.starts_with("--address=")) {
      words.addresses.push_back(word.substr(word.find('=') + 1));
    } else if (word.starts_with("--node=")) {
      words.node = word.substr(word.find('=') + 1);
    } else if (word == "--new-keys") {
      words.new_keys = true;
    } else if (word == "--write") {
      words.write = true;
    } else {
      rest.push_back(word);
    }
  }
  Result<CommandArguments> parsed = parse_command_arguments(rest);
  if (!parsed) return std::move(parsed.error());
  words.rest = std::move(*parsed);
  return words;
}

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(base::wall_now().time_since_epoch()).count();
}

std::string node_name(const model::StaticConfiguration& configuration) {
  if (configuration.ha && !configuration.ha->nodeName.empty()) return configuration.ha->nodeName;
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string state_directory(const model::StaticConfiguration& configuration) {
  const std::string& chosen = configuration.stateDirectory;
  return chosen.empty() ? history::default_directory() : chosen;
}

/// Where keys and certificates are.
std::string key_directory(const model::StaticConfiguration& configuration) {
  const bool chosen = configuration.ha && configuration.ha->peerLink;
  if (chosen && !configuration.ha->peerLink->certificateDirectory.empty()) {
    return configuration.ha->peerLink->certificateDirectory;
  }
  return state_directory(configuration) + "/ha";
}

std::vector<net::IpAddress> virtual_addresses(const model::HighAvailability& ha) {
  std::vector<net::IpAddress> out;
  for (const auto& [name, instance] : model::instances_of(ha)) {
    for (const auto* list : {&instance.virtualAddresses, &instance.excludedAddresses}) {
      for (const std::string& text : *list) {
        if (const auto ip = net::IpAddress::parse(text.substr(0, text.find_first_of("/ ")))) out.push_back(*ip);
      }
    }
  }
  return out;
}

/// Addresses under which the other node may find this one: those in the subnets of virtual addresses first.
std::vector<std::string> own_addresses(const model::HighAvailability& ha, std::uint16_t port) {
  const auto links = address::HostLinks::read();
  if (!links) return {};
  const std::vector<net::IpAddress> moving = virtual_addresses(ha);
  std::vector<std::string> near;
  std::vector<std::string> far;
  for (const address::HostLink& link : links->all()) {
    if ((link.flags & IFF_LOOPBACK) != 0 || (link.flags & IFF_UP) == 0) continue;
    for (const address::HostAddress& own : link.addresses) {
      constexpr std::uint8_t kGlobal = 0;
      if (own.scope != kGlobal || std::ranges::find(moving, own.address) != moving.end()) continue;
      const bool shared = std::ranges::any_of(
          moving, [&](const net::IpAddress& each) { return address::same_subnet(each, own.address, own.prefix); });
      (shared ? near : far).push_back(peer::peer_address_text(own.address.text(), port));
    }
  }
  near.insert(near.end(), far.begin(), far.end());
  return near;
}

Result<std::vector<std::string>> invitation_addresses(const Words& words, const model::HighAvailability& ha) {
  const auto listen = model::parse_entry_point_address(ha.peerLink->address);
  if (!listen) return listen.error();
  std::vector<std::string> out;
  for (const std::string& text : words.addresses) {
    const auto address = peer::parse_peer_address(text, listen->port);
    if (!address) return address.error();
    out.push_back(peer::peer_address_text(address->host, address->port));
  }
  if (!out.empty()) return out;
  if (!listen->host.empty()) return std::vector{peer::peer_address_text(listen->host, listen->port)};
  out = own_addresses(ha, listen->port);
  if (out.empty()) {
    return Error(ErrorKind::kNotFound, "this host has no address that another one could reach: say --address=HOST");
  }
  return out;
}

Result<app::StaticLoad> load(const Words& words) {
  app::StaticLoad loaded = app::load_static(app::sources_of(words.rest.static_flags));
  if (loaded.problems.empty()) return loaded;
  return Error(ErrorKind::kInvalid, "the static configuration: " + loaded.problems.front().text());
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}
void explain(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

/// What another node gets. Errors: it would be of no use there, which has to be said before an invitation is used up.
Result<boost::json::object> offer_of(const model::StaticConfiguration& configuration) {
  const format::Value offered = ha_offer(configuration);
  const format::Value section(format::Object{{"ha", offered}}, {});
  const HaSectionReport report = check_ha_section(keepalived::yaml_text(section), configuration);
  if (!report.errors.empty()) {
    return Error(ErrorKind::kInvalid,
                 "another node would refuse the section that it gets: " + report.errors.front().text());
  }
  boost::system::error_code error;
  boost::json::value offer = boost::json::parse(format::serialize_json(offered), error);
  if (error || !offer.is_object()) return Error(ErrorKind::kInternal, "the section ha cannot be written as JSON");
  return boost::json::object{{"ha", std::move(offer)}};
}

/// Adds the section to the configuration file, after a copy.
Result<std::string> append_section(const app::StaticLoad& loaded, const Words& words, const std::string& section) {
  if (!loaded.file) return Error(ErrorKind::kInvalid, "there is no configuration file to add it to");
  const std::string& path = loaded.file->path;
  if (!path.ends_with(".yml") && !path.ends_with(".yaml")) {
    return Error(ErrorKind::kUnsupported, path + " is no YAML: add the section by hand");
  }
  const std::string& text = loaded.file->text;
  std::string whole = text;
  if (!whole.empty() && !whole.ends_with('\n')) whole += '\n';
  whole += "\n" + section;
  app::StaticSources sources = app::sources_of(words.rest.static_flags);
  sources.file = app::StaticFile{.path = path, .text = whole};
  const app::StaticLoad checked = app::load_static(sources);
  if (!checked.problems.empty() || !checked.configuration.ha) {
    return Error(ErrorKind::kInvalid,
                 "the section does not fit behind what stands in " + path + ": add it by hand" +
                     (checked.problems.empty() ? "" : " (" + checked.problems.front().text() + ")"));
  }
  std::string copy = path + ".before-join";
  std::error_code error;
  std::filesystem::copy_file(path, copy, error);
  if (error) return Error(ErrorKind::kIo, "cannot copy " + path + " to " + copy + ": " + error.message());
  std::ofstream file(path, std::ios::binary | std::ios::app);
  file << std::string_view(whole).substr(text.size());
  file.close();
  if (!file) return Error(ErrorKind::kIo, "cannot write " + path + "; the copy is " + copy);
  return copy;
}

Result<peer::Joined> ask_to_join(const peer::Invitation& invitation, const peer::PeerKeys& keys,
                                 const std::string& node) {
  const loop::Loop loop;
  return loop::drive(peer::join_by_invitation(invitation, keys, node));
}

/// Where unicast adverts go: the address itself, or the first one of a name. Blocks for DNS.
std::string advert_host(const std::string& host) {
  if (net::IpAddress::parse(host)) return host;
  const addrinfo hints{.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  std::array<char, NI_MAXHOST> text{};
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return host;
  const int failed =
      ::getnameinfo(found->ai_addr, found->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  ::freeaddrinfo(found);
  return failed == 0 ? text.data() : host;
}

/// Tells what `tandem check` would say of this node with the section. Whether it can be used.
bool tell_findings(const std::string& section, const app::StaticLoad& loaded) {
  const HaSectionReport report = check_ha_section(section, loaded.configuration);
  for (const format::Problem& problem : report.errors) explain(fmt::format("error: {}\n", problem.text()));
  for (const format::Problem& problem : report.doubts) explain(fmt::format("warning: {}\n", problem.text()));
  if (!report.errors.empty()) return false;
  for (const format::Problem& problem : supervisor::ha_problems_on_this_host(report.understood)) {
    explain(fmt::format("warning: on this host: {}\n", problem.text()));
  }
  return true;
}

/// Says what there is to do now.
int finish_join(const peer::Joined& joined, const app::StaticLoad& loaded, const Words& words) {
  const auto offer = format::parse_json(boost::json::serialize(joined.offer), "the other node's answer");
  const format::Value* const ha = offer ? offer->find("ha") : nullptr;
  const auto address = peer::parse_peer_address(joined.address, 0);
  if (ha == nullptr || !address) return command_failed("the other node's answer holds no section ha");
  explain(fmt::format("Joined {} at {}: both nodes trust each other now.\n", joined.node, joined.address));
  if (loaded.configuration.ha) {
    explain(fmt::format("{} has a section ha already, which stays as it is. Make sure that it holds\n", loaded.origin));
    print(fmt::format("ha:\n  peerLink:\n    peers: [\"{}\"]\n", joined.address));
    return 0;
  }
  format::Value section = ha_section(*ha, advert_host(address->host), joined.address);
  if (!words.node.empty()) {
    section.object()->front().value.object()->push_back({"nodeName", format::Value(words.node, {})});
  }
  const std::string text = keepalived::yaml_text(section);
  if (!tell_findings(text, loaded)) {
    print(text);
    return command_failed(
        "the section above would be refused here: correct it, add it to the static configuration of this node and try "
        "`tandem check`. There is no need to join again");
  }
  if (!words.write) {
    explain("Add this to the static configuration of this node and start tandem again:\n");
    print(text);
    return 0;
  }
  const Result<std::string> copy = append_section(loaded, words, text);
  if (!copy) {
    print(text);
    return command_failed("the section above was not written: " + copy.error().text());
  }
  explain(fmt::format("The section ha was added to {} (before: {}). Start tandem again.\n", loaded.file->path, *copy));
  return 0;
}

}  // namespace

int run_ha_invite(const std::vector<std::string>& arguments) {
  const auto words = parse(arguments);
  if (!words) return command_failed(words.error().text());
  const auto loaded = load(*words);
  if (!loaded) return command_failed(loaded.error().text());
  const model::StaticConfiguration& configuration = loaded->configuration;
  if (!configuration.ha || !configuration.ha->peerLink) {
    return command_failed(loaded->origin + " has no ha.peerLink: add `peerLink: {}` to its section ha, start tandem " +
                          "again, then invite");
  }
  const auto addresses = invitation_addresses(*words, *configuration.ha);
  if (!addresses) return command_failed(addresses.error().text());
  const std::string directory = key_directory(configuration);
  const auto keys = peer::load_or_make_keys(directory, node_name(configuration));
  if (!keys) return command_failed(keys.error().text());
  const auto offer = offer_of(configuration);
  if (!offer) return command_failed(offer.error().text());
  constexpr std::size_t kSecretSize = 16;
  const peer::Invitation invitation{
      .addresses = *addresses,
      .secret = peer::random_bytes(kSecretSize),
      .fingerprint = keys->fingerprint,
      .expires = unix_now() + std::chrono::seconds(peer::kInvitationLife).count(),
  };
  const auto kept = peer::keep_invitation(directory, invitation, *offer, unix_now());
  if (!kept) return command_failed(kept.error().text());
  const std::string token = peer::token_of(invitation);
  if (words->rest.json) {
    const boost::json::array list(addresses->begin(), addresses->end());
    print(boost::json::serialize(
              boost::json::object{{"token", token}, {"expires", invitation.expires}, {"addresses", list}}) +
          "\n");
    return 0;
  }
  explain("Run this on the other node within 15 minutes; it works once:\n");
  print("tandem ha join " + token + "\n");
  constexpr int kPatience = 2000;
  if (!ha::ask_supervisor(ha::control_socket_path(state_directory(configuration)), {{"command", "status"}},
                          kPatience)) {
    explain("tandem does not run here yet: start it first.\n");
  }
  return 0;
}

int run_ha_join(const std::vector<std::string>& arguments) {
  const auto words = parse(arguments);
  if (!words) return command_failed(words.error().text());
  if (words->rest.words.size() != 1) {
    return command_failed("ha join: say the token that `tandem ha invite` printed on the first node");
  }
  const auto invitation = peer::parse_token(words->rest.words.front());
  if (!invitation) return command_failed("ha join: " + invitation.error().text());
  const auto loaded = load(*words);
  if (!loaded) return command_failed(loaded.error().text());
  const std::string node = words->node.empty() ? node_name(loaded->configuration) : words->node;
  const std::string directory = key_directory(loaded->configuration);
  if (words->new_keys) {
    const auto retired = peer::retire_keys(directory);
    if (!retired) return command_failed(retired.error().text());
  }
  const auto keys = peer::load_or_make_keys(directory, node);
  if (!keys) return command_failed(keys.error().text());
  if (keys->fingerprint == invitation->fingerprint) {
    return command_failed(
        "ha join: this is the node that made the invitation; run the command on the other one. If "
        "its disk was copied from there, say --new-keys as well");
  }
  const auto joined = ask_to_join(*invitation, *keys, node);
  if (!joined) {
    command_failed("ha join: " + joined.error().text());
    return joined.error().kind() == ErrorKind::kRefused ? 1 : 2;
  }
  const auto trusted = peer::trust_peer(directory, joined->node, joined->pem);
  if (!trusted) return command_failed(trusted.error().text());
  return finish_join(*joined, *loaded, *words);
}

}  // namespace tandem::command
