#include "app/api/items.h"

#include <algorithm>

#include "app/api/reply.h"
#include "base/text.h"
#include "config/format/decode.h"
#include "proxy/routing/names.h"

namespace tandem::api {

namespace {

using format::Object;
using format::Value;
using routing::Usage;

using Users = std::map<std::string, std::vector<std::string_view>, std::less<>>;

void add_condition(Object& object, const routing::Condition& condition) {
  if (!condition.errors.empty()) object.push_back({"error", list(condition.errors)});
  object.push_back({"status", text(routing::text_of(condition.status))});
}

void add_users(Object& object, const Users& users, std::string_view name) {
  const auto found = users.find(name);
  if (found == users.end() || found->second.empty()) return;
  format::Array names;
  for (const std::string_view user : found->second) names.push_back(text(user));
  object.push_back({"usedBy", Value(std::move(names), {})});
}

void add_identity(Object& object, std::string_view name) {
  object.push_back({"name", text(name)});
  object.push_back({"provider", text(routing::provider_of(name))});
}

void set_member(Object& object, std::string_view name, Value value) {
  for (format::Member& member : object) {
    if (member.name != name) continue;
    member.value = std::move(value);
    return;
  }
  object.push_back({std::string(name), std::move(value)});
}

Object* section(Object& object, std::string_view name) {
  for (format::Member& member : object) {
    if (member.name == name) return member.value.object();
  }
  return nullptr;
}

/// A service that was built names its transport in full.
void qualify_transport(Object& object, std::string_view service) {
  Object* balancer = section(object, "loadBalancer");
  if (balancer == nullptr) return;
  for (format::Member& member : *balancer) {
    if (member.name != "serversTransport") continue;
    if (const auto* name = std::get_if<std::string>(&member.value.data())) {
      member.value = text(routing::qualified_reference(*name, service));
    }
  }
}

void add_server_status(Object& object, const std::map<std::string, std::string>& status) {
  if (status.empty()) return;
  Object servers;
  for (const auto& [server, state] : status) servers.push_back({server, text(state)});
  object.push_back({"serverStatus", Value(std::move(servers), {})});
}

template <class Router>
Value router_item(const Router& router, bool detailed) {
  Value value = format::encode(*router.config, true);
  Object& object = *value.object();
  if constexpr (requires { router.config->middlewares; }) {
    // A router that was built names its middlewares in full.
    const std::vector<std::string>& names = router.config->middlewares;
    if (!names.empty()) set_member(object, "middlewares", list(middlewares_of(router.name, names)));
  }
  if constexpr (requires { router.state->priority; }) {
    if (router.state->priority != 0) set_member(object, "priority", number(router.state->priority));
  }
  add_condition(object, router.state->condition);
  if (!router.state->entry_points.empty()) object.push_back({"using", list(router.state->entry_points)});
  if (!detailed) return value;
  add_identity(object, router.name);
  if constexpr (requires { router.state->priority; }) {
    object.push_back({"priorityStr", text(std::to_string(router.state->priority))});
  }
  return value;
}

template <class Service>
Value service_item(const Service& service, const Usage& usage, bool built, bool detailed) {
  Value value = format::encode(*service.config, true);
  const std::string type = type_of(value);
  Object& object = *value.object();
  if (built) qualify_transport(object, service.name);
  add_condition(object, service.state->condition);
  add_users(object, usage.services, service.name);
  if (detailed) {
    add_identity(object, service.name);
    if (!type.empty()) object.push_back({"type", text(type)});
  }
  if constexpr (requires { service.state->server_status; }) add_server_status(object, service.state->server_status);
  return value;
}

template <class Middleware>
Value middleware_item(const Middleware& middleware, const Usage& usage, bool detailed) {
  Value value = format::encode(*middleware.config, true);
  const std::string type = type_of(value);
  Object& object = *value.object();
  add_condition(object, *middleware.condition);
  add_users(object, usage.middlewares, middleware.name);
  if (detailed) {
    add_identity(object, middleware.name);
    if (!type.empty()) object.push_back({"type", text(type)});
  }
  return value;
}

}  // namespace

std::string type_of(const Value& encoded) {
  const Object* object = encoded.object();
  if (object == nullptr) return {};
  // The first member that is a section.
  for (const format::Member& member : *object) {
    if (member.name != "middlewares" && member.value.object() != nullptr) return base::lower_case(member.name);
  }
  return {};
}

std::vector<std::string> middlewares_of(std::string_view router, const std::vector<std::string>& names) {
  std::vector<std::string> qualified;
  qualified.reserve(names.size());
  for (const std::string& name : names) qualified.push_back(routing::qualified_reference(name, router));
  return qualified;
}

Value item_of(const routing::RuntimeRouter& router, const Usage& /*usage*/, bool detailed) {
  Value value = router_item(router, detailed);
  if (router.config->tls && router.config->tls->options.empty()) {
    if (Object* tls = section(*value.object(), "tls")) set_member(*tls, "options", text("default"));
  }
  return value;
}
Value item_of(const routing::RuntimeTcpRouter& router, const Usage& /*usage*/, bool detailed) {
  return router_item(router, detailed);
}
Value item_of(const routing::RuntimeUdpRouter& router, const Usage& /*usage*/, bool detailed) {
  return router_item(router, detailed);
}

Value item_of(const routing::RuntimeService& service, const Usage& usage, bool detailed) {
  const bool built = service.state->handler != nullptr || !service.state->condition.errors.empty();
  return service_item(service, usage, built, detailed);
}
Value item_of(const routing::RuntimeTcpService& service, const Usage& usage, bool detailed) {
  return service_item(service, usage, service.state->used, detailed);
}
Value item_of(const routing::RuntimeUdpService& service, const Usage& usage, bool detailed) {
  return service_item(service, usage, service.state->used, detailed);
}

Value item_of(const routing::RuntimeMiddleware& middleware, const Usage& usage, bool detailed) {
  Value value = middleware_item(middleware, usage, detailed);
  const bool reached = middleware.condition->status != routing::Status::kEnabled ||
                       usage.middlewares.find(middleware.name) != usage.middlewares.end();
  Object* chain = reached ? section(*value.object(), "chain") : nullptr;
  if (chain != nullptr && middleware.config->chain) {
    set_member(*chain, "middlewares", list(middlewares_of(middleware.name, middleware.config->chain->middlewares)));
  }
  return value;
}
Value item_of(const routing::RuntimeTcpMiddleware& middleware, const Usage& usage, bool detailed) {
  return middleware_item(middleware, usage, detailed);
}

}  // namespace tandem::api
