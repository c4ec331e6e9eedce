#include "app/command/ha_section.h"

#include <algorithm>

#include "config/format/json.h"
#include "config/format/schema.h"
#include "config/format/yaml.h"
#include "config/model/decode_configuration.h"
#include "config/model/effective.h"
#include "config/model/validate.h"
#include "config/model/validate_ha.h"

namespace tandem::command {
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

using Kind = format::Schema::Kind;

/// What stands for a value that format::encode() leaves out.
Value nothing_of(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return {false, {}};
    case Kind::kInteger:
      return {std::int64_t{0}, {}};
    case Kind::kFloat:
      return {0.0, {}};
    case Kind::kDuration:
      return {std::string("0s"), {}};
    case Kind::kText:
    case Kind::kSecret:
      return {std::string(), {}};
    case Kind::kList:
      return {format::Array{}, {}};
    case Kind::kMap:
    case Kind::kSection:
      return {Object{}, {}};
    case Kind::kAny:
      break;
  }
  return {};
}

Value said(const format::Schema& schema, const Value& value);

/// The members of a section that are not default. `section`: as format::encode() has it.
Object members_said(const format::Schema& schema, const Value& section) {
  Object out;
  for (const format::Schema::Field& field : schema.fields) {
    const format::Schema& type = field.schema();
    const Value* const given = section.find(field.name);
    if (type.kind == Kind::kSection) {
      if (given == nullptr) continue;
      Object members = members_said(type, *given);
      // Present and all default is something to say only where it is allowed to say it.
      if (members.empty() && !(field.optional && field.stand_alone)) continue;
      out.push_back({field.name, {std::move(members), {}}});
      continue;
    }
    if (given == nullptr && field.optional) continue;
    const Value value = given == nullptr ? nothing_of(type.kind) : *given;
    const bool is_default =
        field.default_json.empty() ? value.is_null() : format::serialize_json(value) == field.default_json;
    if (!is_default) out.push_back({field.name, said(type, value)});
  }
  return out;
}

/// A value without what is default inside of it.
Value said(const format::Schema& schema, const Value& value) {
  if (schema.kind == Kind::kSection) return {members_said(schema, value), {}};
  if (schema.kind == Kind::kList && value.array() != nullptr) {
    format::Array out;
    for (const Value& element : *value.array()) out.push_back(said(schema.element(), element));
    return {std::move(out), {}};
  }
  if (schema.kind == Kind::kMap && value.object() != nullptr) {
    Object out;
    for (const Member& member : *value.object()) out.push_back({member.name, said(schema.element(), member.value)});
    return {std::move(out), {}};
  }
  return value;
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
  if (ha.instances.empty()) mirror(ha, ha.priority);
  if (!ha.peerLink) ha.peerLink.emplace();
  model::PeerLink& link = *ha.peerLink;
  link.peers.clear();
  link.certificateDirectory.clear();
  if (const std::size_t colon = link.address.rfind(':'); colon != std::string::npos) link.address.erase(0, colon);
  const Value encoded = format::encode(other, false);
  const format::Schema* const schema = format::schema_of<model::StaticConfiguration>().at({"ha"});
  return said(*schema, *encoded.find("ha"));
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

HaSectionReport check_ha_section(const std::string& text, model::StaticConfiguration joining) {
  HaSectionReport report;
  const auto tree = format::parse_yaml(text, "the section ha");
  if (!tree) {
    report.errors.push_back({.position = {}, .path = "ha", .message = tree.error().text(), .suggestion = {}});
    return report;
  }
  std::vector<std::string> ignored;
  joining.ha = model::decode_static(*tree, report.errors, ignored).ha;
  if (!report.errors.empty()) return report;
  if (!joining.ha) {
    report.errors.push_back({.position = {}, .path = "ha", .message = "there is no section ha", .suggestion = {}});
    return report;
  }
  report.errors = model::validate(model::effective(joining));
  report.doubts = model::ha_warnings(*joining.ha);
  report.understood = std::move(*joining.ha);
  return report;
}

}  // namespace tandem::command
