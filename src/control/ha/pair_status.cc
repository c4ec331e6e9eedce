#include "control/ha/pair_status.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "base/clock.h"
#include "control/speaker/ip_forms.h"

namespace tandem::ha {
namespace {

using boost::json::array;
using boost::json::object;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr double kNanosecondsPerSecond = 1e9;

double seconds(std::chrono::nanoseconds duration) {
  return static_cast<double>(duration.count()) / kNanosecondsPerSecond;
}

array texts_of(const std::vector<address::VirtualAddress>& addresses) {
  array texts;
  for (const address::VirtualAddress& address : addresses) texts.emplace_back(address.text());
  return texts;
}

array faults_of(const vrrp::Status& status, const std::vector<std::string>& faults) {
  constexpr unsigned kMostFaults = 64;
  array texts;
  for (unsigned number = 0; number < kMostFaults; ++number) {
    if ((status.faults >> number & 1U) != 0) texts.emplace_back(fault_text(static_cast<std::uint8_t>(number), faults));
  }
  return texts;
}

array problems_of(const vrrp::Status& status) {
  array names;
  for (int number = 0; number < vrrp::kProblems; ++number) {
    if ((status.problems >> static_cast<unsigned>(number) & 1U) == 0) continue;
    names.emplace_back(vrrp::name_of(static_cast<vrrp::Problem>(number)));
  }
  return names;
}

/// Members that are only there while something is out of the ordinary.
void add_exceptions(object& to, const speaker::RouterSettings& settings, const speaker::RouterSnapshot& router,
                    const StatusInput& from) {
  const vrrp::Status& status = router.status;
  if (status.flapping && settings.options.preempt && !router.holding) {
    to["failBackHeldUntil"] = base::rfc3339_text(base::wall_now() + (status.calm_at - from.now));
  }
  if (router.switch_over_error != 0 && from.settings.forward_connections) {
    to["switchOverError"] =
        base::Error::from_errno(router.switch_over_error, "the kernel cannot forward them (nf_tables)").text();
  }
}

array peers_of(const speaker::RouterSnapshot& router, vrrp::Instant now) {
  array peers;
  for (std::size_t i = 0; i < router.peer_count; ++i) {
    const speaker::PeerHeard& peer = router.peers[i];
    peers.push_back(object{{"address", speaker::text_of(peer.source)},
                           {"priority", peer.priority},
                           {"advertInterval", seconds(peer.interval)},
                           {"heardSecondsAgo", seconds(now - peer.at)},
                           {"checksumAsOurs", peer.own_checksum_form}});
  }
  return peers;
}

object counters_of(const vrrp::Statistics& statistics) {
  object counters{{"advert_rcvd", statistics.advert_rcvd},     {"advert_sent", statistics.advert_sent},
                  {"become_master", statistics.become_master}, {"release_master", statistics.release_master},
                  {"pri_zero_rcvd", statistics.pri_zero_rcvd}, {"pri_zero_sent", statistics.pri_zero_sent}};
  for (std::size_t i = 0; i < vrrp::kRefusals; ++i) {
    const auto refusal = static_cast<vrrp::Refusal>(i);
    counters[vrrp::name_of(refusal)] = statistics.refused[refusal];
  }
  return counters;
}

object instance_of(const speaker::RouterSettings& settings, const speaker::RouterSnapshot& router,
                   const StatusInput& input) {
  const vrrp::Status& status = router.status;
  object instance{{"name", settings.name},
                  {"state", vrrp::name_of(status.state)},
                  {"reason", vrrp::text_of(status.reason)},
                  {"secondsInState", seconds(input.snapshot.at - status.since)},
                  {"holdsAddresses", router.holding},
                  {"drains", router.shelved && !router.holding},
                  {"forwardsConnections", router.passing_on},
                  {"virtualRouterID", settings.options.vrid},
                  {"version", static_cast<int>(settings.options.version)},
                  {"interface", settings.interface},
                  {"sourceAddress", speaker::text_of(settings.options.source)},
                  {"advertInterval", seconds(settings.options.interval)},
                  {"basePriority", settings.options.priority},
                  {"priority", status.priority},
                  {"preempt", settings.options.preempt},
                  {"maintenance", status.maintenance},
                  {"ready", status.ready},
                  {"virtualAddresses", texts_of(settings.virtual_addresses)},
                  {"excludedAddresses", texts_of(settings.excluded_addresses)},
                  {"faults", faults_of(status, input.faults)},
                  {"problems", problems_of(status)},
                  {"peersHeard", peers_of(router, input.snapshot.at)},
                  {"counters", counters_of(router.statistics)}};
  if (status.heard_at != vrrp::kNever) {
    instance["master"] = object{{"address", speaker::text_of(status.master)}, {"priority", status.master_priority}};
  }
  if (!settings.group.empty()) instance["syncGroup"] = settings.group;
  add_exceptions(instance, settings, router, input);
  return instance;
}

std::string_view name_of(DataPlaneHealth health) {
  switch (health) {
    case DataPlaneHealth::kDead:
      return "dead";
    case DataPlaneHealth::kUnwell:
      return "unwell";
    case DataPlaneHealth::kWell:
      return "well";
  }
  return "unknown";
}

std::string_view name_of(vrrp::Witness::Gateway gateway) {
  using enum vrrp::Witness::Gateway;
  return gateway == kNone ? "none" : gateway == kReachable ? "reachable" : "unreachable";
}

std::string_view name_of(peer::PeerLink::LinkState state) {
  switch (state) {
    case peer::PeerLink::LinkState::kNone:
      return "never up";
    case peer::PeerLink::LinkState::kUp:
      return "up";
    case peer::PeerLink::LinkState::kDown:
      return "silent";
    case peer::PeerLink::LinkState::kReset:
      return "reset";
  }
  return "unknown";
}

}  // namespace

array peers_status(const std::vector<peer::PeerLink::Peer>& peers) {
  array all;
  for (const peer::PeerLink::Peer& peer : peers) {
    object one{{"node", peer.name},
               {"address", peer.address},
               {"state", name_of(peer.state)},
               {"paths", peer.paths},
               {"outsideOfServiceNetwork", peer.elsewhere}};
    if (peer.status) one["status"] = *peer.status;
    if (!peer.tried.empty()) one["tried"] = array(peer.tried.begin(), peer.tried.end());
    all.push_back(std::move(one));
  }
  return all;
}

array transitions_status(const std::deque<hooks::Transition>& transitions, std::size_t most) {
  array latest;
  const std::size_t skipped = transitions.size() > most ? transitions.size() - most : 0;
  for (std::size_t i = skipped; i < transitions.size(); ++i) {
    const hooks::Transition& each = transitions[i];
    latest.push_back(object{{"time", base::rfc3339_text(each.at)},
                            {"instance", each.name},
                            {"group", each.group},
                            {"from", each.from},
                            {"to", each.to},
                            {"priority", each.priority},
                            {"reason", each.reason}});
  }
  return latest;
}

std::string fault_text(std::uint8_t fault, const std::vector<std::string>& faults) {
  if (fault < faults.size()) return faults[fault];
  switch (fault) {
    case speaker::kInterfaceFault:
      return "the network interface is down";
    case speaker::kSourceFault:
      return "the source address is gone from the interface";
    case speaker::kTrackedInterfaceFault:
      return "a tracked interface is down (with reverse: up)";
    case vrrp::kMaintenanceFault:
      return "maintenance";
    case vrrp::kGroupFault:
      return "another instance of the sync group has a fault";
    default:
      return fmt::format("fault {}", fault);
  }
}

object status_of(const StatusInput& input) {
  array instances;
  bool all_master = input.snapshot.router_count > 0;
  for (std::size_t i = 0; i < input.snapshot.router_count; ++i) {
    const speaker::RouterSnapshot& router = input.snapshot.routers[i];
    all_master = all_master && router.holding;
    instances.push_back(instance_of(input.settings.routers[i], router, input));
  }
  const speaker::Lateness& lateness = input.snapshot.lateness;
  return {{"node", input.node},
          {"time", base::rfc3339_text(base::wall_now())},
          {"holdsAllAddresses", all_master},
          {"dataPlane", object{{"health", name_of(input.data_plane.health)}, {"reason", input.data_plane.reason}}},
          {"gateway", name_of(input.snapshot.gateway)},
          {"leaseFresh", input.snapshot.lease_fresh},
          {"instances", std::move(instances)},
          {"timers", object{{"realTime", input.snapshot.realtime},
                            {"memoryLocked", input.snapshot.memory_locked},
                            {"worstLatenessSeconds", static_cast<double>(lateness.max_ns) / kNanosecondsPerSecond}}}};
}

}  // namespace tandem::ha
