#include "control/ha/keepalived_dump.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "base/fd.h"

namespace tandem::ha {
namespace {

using base::Error;
using base::Result;
using boost::json::array;
using boost::json::object;

double seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

array address_texts(const std::vector<address::VirtualAddress>& addresses, bool set) {
  array texts;
  for (const address::VirtualAddress& each : addresses) {
    texts.emplace_back(fmt::format("{}/{} dev {} scope global{}", each.address.text(), each.prefix, each.link_name,
                                   set ? " set" : ""));
  }
  return texts;
}

object data_of(const speaker::RouterSettings& settings, const speaker::RouterSnapshot& router) {
  const vrrp::Options& options = settings.options;
  const vrrp::Announcements& garp = options.announcements;
  const int state = vrrp::keepalived_number(router.status.state);
  object data{{"iname", settings.name},
              {"dont_track_primary", settings.ignore_interface ? 1 : 0},
              {"skip_check_adv_addr", 0},
              {"strict_mode", 0},
              {"vmac_ifname", settings.virtual_mac ? settings.virtual_mac->name : std::string()},
              {"ifp_ifname", settings.interface},
              {"master_priority", router.status.master_priority},
              {"last_transition", static_cast<double>(router.last_transition_wall) / 1e9},
              {"garp_delay", seconds(garp.delay)},
              {"garp_refresh", seconds(garp.refresh)},
              {"garp_rep", garp.repeat},
              {"garp_refresh_rep", garp.refresh_repeat},
              {"garp_lower_prio_delay", seconds(garp.lower_priority_delay)},
              {"garp_lower_prio_rep", garp.lower_priority_repeat},
              {"lower_prio_no_advert", 0},
              {"higher_prio_send_advert", 1},
              {"vrid", options.vrid},
              {"base_priority", options.priority},
              {"effective_priority", router.status.priority},
              {"vipset", router.holding},
              {"promote_secondaries", false},
              {"adver_int", seconds(options.interval)},
              {"master_adver_int", seconds(router.status.master_interval)},
              {"accept", 1},
              {"nopreempt", !options.preempt},
              {"preempt_delay", seconds(options.preempt_delay)},
              {"state", state},
              {"wantstate", state},
              {"version", static_cast<int>(options.version)},
              {"smtp_alert", false},
              {"notify_deleted", false},
              {"vips", address_texts(settings.virtual_addresses, router.holding)}};
  if (!settings.excluded_addresses.empty()) {
    data["evips"] = address_texts(settings.excluded_addresses, router.holding);
  }
  if (options.version == vrrp::Version::kV2) data["auth_type"] = static_cast<int>(settings.authentication.kind);
  return data;
}

object stats_of(const vrrp::Statistics& from) {
  using enum vrrp::Refusal;
  object stats{{"advert_rcvd", from.advert_rcvd},
               {"advert_sent", from.advert_sent},
               {"become_master", from.become_master},
               {"release_master", from.release_master}};
  for (const vrrp::Refusal refusal :
       {kLength, kInterval, kTtl, kType, kAddresses, kAuthUnknown, kAuthMismatch, kAuthFailure}) {
    stats[vrrp::name_of(refusal)] = from.refused[refusal];
  }
  stats["pri_zero_rcvd"] = from.pri_zero_rcvd;
  stats["pri_zero_sent"] = from.pri_zero_sent;
  return stats;
}

void append_members(const object& members, std::string& out) {
  for (const auto& [name, value] : members) {
    out += fmt::format("   {} = {}\n", std::string_view(name), boost::json::serialize(value));
  }
}

Result<void> replace_file(const std::string& path, std::string_view text) {
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());
  constexpr mode_t kOwnerOnly = 0600;
  const base::Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly));
  if (!file) return Error::from_errno(errno, temporary);
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return Error::from_errno(errno, "writing " + temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return Error::from_errno(errno, path);
  return {};
}

}  // namespace

array keepalived_json(const speaker::SpeakerSettings& settings, const speaker::Snapshot& snapshot) {
  array all;
  for (std::size_t i = 0; i < snapshot.router_count; ++i) {
    all.push_back(object{{"data", data_of(settings.routers[i], snapshot.routers[i])},
                         {"stats", stats_of(snapshot.routers[i].statistics)}});
  }
  return all;
}

std::string keepalived_text(const speaker::SpeakerSettings& settings, const speaker::Snapshot& snapshot,
                            bool counters_only) {
  std::string out;
  for (std::size_t i = 0; i < snapshot.router_count; ++i) {
    out += fmt::format(" VRRP Instance = {}\n", settings.routers[i].name);
    if (!counters_only) append_members(data_of(settings.routers[i], snapshot.routers[i]), out);
    append_members(stats_of(snapshot.routers[i].statistics), out);
  }
  return out;
}

Result<void> write_keepalived_dump(int signal, const speaker::SpeakerSettings& settings,
                                   const speaker::Snapshot& snapshot) {
  if (signal == SIGRTMIN + 2) {
    return replace_file("/tmp/keepalived.json", boost::json::serialize(keepalived_json(settings, snapshot)) + "\n");
  }
  const bool counters_only = signal != SIGUSR1;
  return replace_file(counters_only ? "/tmp/keepalived.stats" : "/tmp/keepalived.data",
                      keepalived_text(settings, snapshot, counters_only));
}

}  // namespace tandem::ha
