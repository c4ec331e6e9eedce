#include "control/speaker/resumption.h"

#include <fmt/format.h>

#include "config/format/json_fields.h"

namespace tandem::speaker {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using boost::json::array;
using boost::json::object;
using boost::json::value;

Error missing(std::string_view what) {
  return Error(ErrorKind::kProtocol, fmt::format("what another process says has no {}", what));
}

Result<Resumption::Router> router_of(const value& from) {
  const object* const fields = from.if_object();
  const value* const last = fields == nullptr ? nullptr : fields->if_contains("lastAdvert");
  const value* const weight = fields == nullptr ? nullptr : fields->if_contains("weight");
  if (last == nullptr || !last->is_int64() || weight == nullptr || !weight->is_int64()) return missing("router");
  return Resumption::Router{.last_advert = vrrp::Instant(last->get_int64()),
                            .weight = static_cast<int>(weight->get_int64()),
                            .unwell = format::flag_in(*fields, "unwell")};
}

Result<address::VirtualAddress> address_of(const value& from) {
  const object* const fields = from.if_object();
  const value* const text = fields == nullptr ? nullptr : fields->if_contains("address");
  const value* const link = fields == nullptr ? nullptr : fields->if_contains("link");
  if (text == nullptr || !text->is_string() || link == nullptr || !link->is_int64()) return missing("address");
  Result<address::VirtualAddress> parsed = address::parse_virtual_address(text->get_string());
  if (parsed) parsed->link = static_cast<int>(link->get_int64());
  return parsed;
}

}  // namespace

bool Resumption::was_master(const std::string& router) const {
  const auto found = routers.find(router);
  return found != routers.end() && found->second.last_advert != vrrp::kNever;
}

array to_json(const std::vector<address::VirtualAddress>& addresses) {
  array out;
  for (const address::VirtualAddress& one : addresses) {
    out.push_back(object{{"address", fmt::format("{}/{}", one.address.text(), one.prefix)},
                         {"link", static_cast<std::int64_t>(one.link)}});
  }
  return out;
}

Result<std::vector<address::VirtualAddress>> addresses_of(const value* from) {
  if (from == nullptr || !from->is_array()) return missing("addresses");
  std::vector<address::VirtualAddress> out;
  for (const value& each : from->get_array()) {
    Result<address::VirtualAddress> one = address_of(each);
    if (!one) return std::move(one.error());
    out.push_back(std::move(*one));
  }
  return out;
}

object to_json(const Resumption& from) {
  object routers;
  for (const auto& [name, router] : from.routers) {
    routers[name] = object{{"lastAdvert", static_cast<std::int64_t>(router.last_advert.count())},
                           {"weight", static_cast<std::int64_t>(router.weight)},
                           {"unwell", router.unwell}};
  }
  return {{"routers", std::move(routers)}, {"held", to_json(from.held)}};
}

Result<Resumption> resumption_of(const object& from) {
  Resumption out;
  const value* const routers = from.if_contains("routers");
  if (routers == nullptr || !routers->is_object()) return missing("routers");
  for (const auto& [name, fields] : routers->get_object()) {
    Result<Resumption::Router> router = router_of(fields);
    if (!router) return std::move(router.error());
    out.routers.emplace(name, *router);
  }
  Result<std::vector<address::VirtualAddress>> held = addresses_of(from.if_contains("held"));
  if (!held) return std::move(held.error());
  out.held = std::move(*held);
  return out;
}

}  // namespace tandem::speaker
