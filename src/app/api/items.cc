#include "app/api/items.h"

#include <algorithm>

#include "app/api/reply.h"
#include "config/format/decode.h"
#include "proxy/routing/names.h"

namespace tandem::api {

namespace {

using format::Object;
using format::Value;

/// The first member that is a section, lower-cased: Traefik's name of the kind.
std::string first_section(const Value& encoded) {
  const Object* object = encoded.object();
  if (object == nullptr) return {};
  for (const format::Member& member : *object) {
    if (member.name == "middlewares" || member.value.object() == nullptr) continue;
    std::string name = member.name;
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return name;
  }
  return {};
}

void add_condition(Object& object, const routing::Condition& condition) {
  if (!condition.errors.empty()) object.push_back({"error", list(condition.errors)});
  object.push_back({"status", text(routing::text_of(condition.status))});
}

void add_users(Object& object, const std::map<std::string, std::vector<std::string_view>, std::less<>>& users,
               std::string_view name) {
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

}  // namespace

std::string type_of(const model::HttpService& service) { return first_section(format::encode(service, true)); }
std::string type_of(const model::HttpMiddleware& middleware) { return first_section(format::encode(middleware, true)); }

Value router_item(const routing::RuntimeRouter& router, bool detailed) {
  Value value = format::encode(*router.config, true);
  Object& object = *value.object();
  if (!router.config->middlewares.empty()) {
    // A router that was built names its middlewares in full.
    std::vector<std::string> qualified = router.config->middlewares;
    for (std::string& name : qualified) {
      if (name.find('@') == std::string::npos) name.append("@").append(routing::provider_of(router.name));
    }
    set_member(object, "middlewares", list(qualified));
  }
  const std::int64_t priority = router.state->priority;
  if (priority != 0) set_member(object, "priority", number(priority));
  if (router.config->tls && router.config->tls->options.empty()) {
    for (format::Member& member : object) {
      if (member.name == "tls" && member.value.object() != nullptr)
        set_member(*member.value.object(), "options", text("default"));
    }
  }
  add_condition(object, router.state->condition);
  if (!router.state->entry_points.empty()) object.push_back({"using", list(router.state->entry_points)});
  if (detailed) {
    add_identity(object, router.name);
    object.push_back({"priorityStr", text(std::to_string(priority))});
  }
  return value;
}

Value service_item(const routing::RuntimeService& service, const routing::Usage& usage, bool detailed) {
  Value value = format::encode(*service.config, true);
  const std::string type = first_section(value);
  Object& object = *value.object();
  add_condition(object, service.state->condition);
  add_users(object, usage.services, service.name);
  if (detailed) {
    add_identity(object, service.name);
    if (!type.empty()) object.push_back({"type", text(type)});
  }
  if (!service.state->server_status.empty()) {
    Object servers;
    for (const auto& [url, status] : service.state->server_status) servers.push_back({url, text(status)});
    object.push_back({"serverStatus", Value(std::move(servers), {})});
  }
  return value;
}

Value middleware_item(const routing::RuntimeMiddleware& middleware, const routing::Usage& usage, bool detailed) {
  Value value = format::encode(*middleware.config, true);
  const std::string type = first_section(value);
  Object& object = *value.object();
  add_condition(object, *middleware.condition);
  add_users(object, usage.middlewares, middleware.name);
  if (detailed) {
    add_identity(object, middleware.name);
    if (!type.empty()) object.push_back({"type", text(type)});
  }
  return value;
}

}  // namespace tandem::api
