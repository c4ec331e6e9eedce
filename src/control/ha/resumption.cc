#include "control/ha/resumption.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>

namespace tandem::ha {
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using boost::json::array;
using boost::json::object;
using boost::json::value;

Error missing(std::string_view what) {
  return Error(ErrorKind::kProtocol, fmt::format("what the process before left has no {}", what));
}

Result<Resumption::Router> router_of(const value& from) {
  const object* const fields = from.if_object();
  const value* const last = fields == nullptr ? nullptr : fields->if_contains("lastAdvert");
  const value* const weight = fields == nullptr ? nullptr : fields->if_contains("weight");
  if (last == nullptr || !last->is_int64() || weight == nullptr || !weight->is_int64()) return missing("router");
  return Resumption::Router{.last_advert = vrrp::Instant(last->get_int64()),
                            .weight = static_cast<int>(weight->get_int64())};
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

object to_json(const Resumption& from) {
  object routers;
  for (const auto& [name, router] : from.routers) {
    routers[name] = object{{"lastAdvert", static_cast<std::int64_t>(router.last_advert.count())},
                           {"weight", static_cast<std::int64_t>(router.weight)}};
  }
  array held;
  for (const address::VirtualAddress& one : from.held) {
    held.push_back(object{{"address", fmt::format("{}/{}", one.address.text(), one.prefix)},
                          {"link", static_cast<std::int64_t>(one.link)}});
  }
  return {{"routers", std::move(routers)}, {"held", std::move(held)}, {"maintenance", from.maintenance}};
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
  const value* const held = from.if_contains("held");
  if (held == nullptr || !held->is_array()) return missing("addresses");
  for (const value& each : held->get_array()) {
    Result<address::VirtualAddress> one = address_of(each);
    if (!one) return std::move(one.error());
    out.held.push_back(std::move(*one));
  }
  const value* const maintenance = from.if_contains("maintenance");
  out.maintenance = maintenance != nullptr && maintenance->is_bool() && maintenance->get_bool();
  return out;
}

}  // namespace tandem::ha
