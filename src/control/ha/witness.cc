#include "control/ha/witness.h"

#include <boost/json/array.hpp>

#include "config/format/json_fields.h"
#include "control/speaker/ip_forms.h"

namespace tandem::ha {
namespace {

using format::list_in;
using format::number_in;
using format::part_in;
using format::text_in;

using Link = vrrp::Witness::Link;
using PeerState = vrrp::Witness::Peer;

Link link_of(const peer::PeerLink::Peer& peer) {
  switch (peer.state) {
    case peer::PeerLink::LinkState::kNone:
      return Link::kNone;
    case peer::PeerLink::LinkState::kDown:
      return Link::kDown;
    case peer::PeerLink::LinkState::kReset:
      return Link::kReset;
    case peer::PeerLink::LinkState::kUp:
      return peer.elsewhere ? Link::kUpElsewhere : Link::kUpOnService;
  }
  return Link::kNone;
}

PeerState state_of(const peer::PeerLink::Peer& peer, const speaker::RouterSettings& router) {
  if (peer.state != peer::PeerLink::LinkState::kUp || !peer.status) return PeerState::kSilent;
  const boost::json::object* const instance = instance_in(*peer.status, router);
  if (instance == nullptr) return PeerState::kNotMaster;
  const std::string_view state = text_in(*instance, "state");
  if (state == "MASTER" || state == "YIELDING") return PeerState::kMaster;
  return state == "FAULT" || state == "STOP" ? PeerState::kUnfit : PeerState::kNotMaster;
}

/// Which of two peers decides: a living master before others, somebody living before the dead.
int weight_of(Link link, PeerState state) {
  if (state == PeerState::kMaster) return 4;
  const bool up = link == Link::kUpElsewhere || link == Link::kUpOnService;
  if (up) return state == PeerState::kNotMaster ? 3 : 2;
  return link == Link::kNone ? 0 : 1;
}

bool is_unwell(const boost::json::object& instance) {
  return number_in(instance, "priority") == vrrp::kLowestPriority &&
         number_in(instance, "basePriority") > vrrp::kLowestPriority;
}

}  // namespace

const boost::json::object* instance_in(const boost::json::object& status, const speaker::RouterSettings& router) {
  const bool v4 = router.options.family == vrrp::Family::kIpv4;
  for (const boost::json::value& each : list_in(status, "instances")) {
    if (!each.is_object()) continue;
    const boost::json::object& instance = each.get_object();
    const bool same_family = (text_in(instance, "sourceAddress").find(':') == std::string_view::npos) == v4;
    if (same_family && number_in(instance, "virtualRouterID") == router.options.vrid) return &instance;
  }
  return nullptr;
}

vrrp::Witness witness_of(const std::vector<peer::PeerLink::Peer>& peers, const speaker::RouterSettings& router) {
  vrrp::Witness witness;
  int best = -1;
  for (const peer::PeerLink::Peer& peer : peers) {
    const Link link = link_of(peer);
    const PeerState state = state_of(peer, router);
    if (weight_of(link, state) <= best) continue;
    best = weight_of(link, state);
    witness.link = link;
    witness.peer = state;
    const boost::json::object* const instance = peer.status ? instance_in(*peer.status, router) : nullptr;
    witness.peer_priority = instance == nullptr ? 0 : static_cast<std::uint8_t>(number_in(*instance, "priority"));
    witness.peer_source =
        (instance == nullptr ? std::nullopt : speaker::ip_of(text_in(*instance, "sourceAddress"))).value_or(vrrp::Ip{});
  }
  witness.sole_peer = peers.size() <= 1;
  return witness;
}

std::string successor_for(const std::vector<peer::PeerLink::Peer>& peers, const speaker::RouterSettings& router,
                          std::uint8_t own_priority, std::string& why) {
  why = peers.empty() ? "there is no peer link to another node" : "";
  for (const peer::PeerLink::Peer& peer : peers) {
    const auto object = [&](std::string_view reason) {
      why += fmt::format("{}{}: {}", why.empty() ? "" : "; ", peer.name, reason);
    };
    if (peer.state != peer::PeerLink::LinkState::kUp || !peer.status) {
      object("its link is down");
      continue;
    }
    const boost::json::object& data_plane = part_in(*peer.status, "dataPlane");
    if (text_in(data_plane, "health") != "well") {
      object(text_in(data_plane, "reason"));
      continue;
    }
    const boost::json::object* const instance = instance_in(*peer.status, router);
    if (instance == nullptr) {
      object("it has no such virtual router");
    } else if (text_in(*instance, "state") != "BACKUP") {
      object("its state is " + std::string(text_in(*instance, "state")));
    } else if (is_unwell(*instance) && own_priority > vrrp::kLowestPriority) {
      // It would give the addresses back at once.
      const std::string_view reason = text_in(part_in(*peer.status, "upstreams"), "reason");
      object(reason.empty() ? "it is not well" : reason);
    } else {
      return peer.name;
    }
  }
  return {};
}

}  // namespace tandem::ha
