#include "app/ha_section.h"

#include <algorithm>

#include "config/format/decode.h"
#include "config/model/decode_configuration.h"

namespace tandem::app {
namespace {

using format::Member;
using format::Object;
using format::Value;

constexpr std::int64_t kStep = 10;  // both stay high: a backup of high priority takes over sooner

/// Turns this node's settings into the other one's. `highest`: of this node's priorities.
void mirror(model::VrrpSettings& settings, std::int64_t highest) {
  const std::int64_t own = settings.priority;
  const std::int64_t beside = own == highest ? std::max<std::int64_t>(own - kStep, 1) : own + kStep;
  settings.priority = settings.peerPriority != 0 ? settings.peerPriority : beside;
  if (settings.peerPriority != 0) settings.peerPriority = own;
  settings.sourceAddress.clear();
}

/// Members of `value` that `standard` has not, or has otherwise.
Value difference(const Value& value, const Value& standard) {
  const Object* const members = value.object();
  if (members == nullptr) return value;
  Object out;
  for (const Member& member : *members) {
    const Value* const same = standard.find(member.name);
    if (same != nullptr && *same == member.value) continue;
    out.push_back({member.name, same == nullptr ? member.value : difference(member.value, *same)});
  }
  return {std::move(out), value.position()};
}

Value encoded(const model::StaticConfiguration& configuration, std::string_view member) {
  const Value all = format::encode(configuration, false);
  const Value* const found = all.find(member);
  return found == nullptr ? Value(Object{}, {}) : *found;
}

/// The member of this name, made when it is missing.
Value& member_of(Value& value, std::string_view name) {
  if (value.object() == nullptr) value = Value(Object{}, {});
  Object& members = *value.object();
  const auto found = std::ranges::find(members, name, &Member::name);
  if (found != members.end()) return found->value;
  return members.emplace_back(std::string(name), Value()).value;
}

Value list_of(const std::string& text) { return {format::Array{Value(text, {})}, {}}; }

void point_adverts_to(Value& instance, const std::string& peer_host) {
  const Value* const peers = instance.find("peers");
  if (peers != nullptr && peers->array() != nullptr && !peers->array()->empty()) {
    member_of(instance, "peers") = list_of(peer_host);
  }
}

}  // namespace

Value ha_offer(const model::StaticConfiguration& first) {
  model::StaticConfiguration other;
  other.ha = first.ha;
  model::HighAvailability& ha = *other.ha;
  ha.nodeName.clear();
  std::int64_t highest = 0;
  for (const auto& [name, instance] : ha.instances) highest = std::max(highest, instance.priority);
  for (auto& [name, instance] : ha.instances) mirror(instance, highest);
  mirror(ha, ha.priority);
  model::PeerLink& link = ha.peerLink.emplace();
  if (first.ha->peerLink) {
    link.heartbeat = first.ha->peerLink->heartbeat;
    link.timeout = first.ha->peerLink->timeout;
    const std::string& address = first.ha->peerLink->address;
    const std::size_t colon = address.rfind(':');
    if (colon != std::string::npos) link.address = address.substr(colon);
  }
  model::StaticConfiguration standard;
  standard.ha.emplace().peerLink.emplace();
  Value offer = difference(encoded(other, "ha"), encoded(standard, "ha"));
  // Instances are compared with a default one each.
  if (Value* const instances = ha.instances.empty() ? nullptr : &member_of(offer, "instances")) {
    for (const auto& [name, unused] : ha.instances) standard.ha->instances[name] = {};
    const Value plain = encoded(standard, "ha");
    *instances = difference(*encoded(other, "ha").find("instances"), *plain.find("instances"));
    std::erase_if(*offer.object(), [](const Member& member) { return member.name == "priority"; });
  } else {
    member_of(offer, "priority") = Value(ha.priority, {});
  }
  return offer;
}

Value ha_section(Value offer, const std::string& peer_host, const std::string& peer_address) {
  point_adverts_to(offer, peer_host);
  if (offer.find("instances") != nullptr) {
    Value& instances = member_of(offer, "instances");
    for (Member& instance : *instances.object()) point_adverts_to(instance.value, peer_host);
  }
  member_of(member_of(offer, "peerLink"), "peers") = list_of(peer_address);
  return {Object{{"ha", std::move(offer)}}, {}};
}

}  // namespace tandem::app
