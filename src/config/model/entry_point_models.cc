#include "config/model/entry_point_models.h"

#include <fmt/format.h>

#include <utility>

namespace tandem::model {
namespace {

using Routers = std::map<std::string, HttpRouter>;
using NewNames = std::map<std::string, std::vector<std::string>>;

bool has_model(const EntryPoint& entry_point, const std::optional<Core>& core) {
  return !entry_point.http.middlewares.empty() || entry_point.http.tls || entry_point.http.encodedCharacters ||
         entry_point.observability || core;
}

void inherit(std::optional<Observability>& own, const EntryPointObservability& from) {
  if (!own) {
    own.emplace();
    own->traceVerbosity = from.traceVerbosity;
  }
  if (!own->accessLogs) own->accessLogs = from.accessLogs;
  if (!own->metrics) own->metrics = from.metrics;
  if (!own->tracing) own->tracing = from.tracing;
  if (own->traceVerbosity.empty()) own->traceVerbosity = from.traceVerbosity;
}

HttpRouter cloned(const HttpRouter& router, const std::string& name, const EntryPoint& entry_point,
                  const std::optional<Core>& core) {
  HttpRouter clone = router;
  clone.entryPoints = {name};
  clone.middlewares.insert(clone.middlewares.begin(), entry_point.http.middlewares.begin(),
                           entry_point.http.middlewares.end());
  if (!clone.tls) clone.tls = entry_point.http.tls;
  if (entry_point.http.encodedCharacters) clone.deniedEncodedPathCharacters = entry_point.http.encodedCharacters;
  if (entry_point.observability) inherit(clone.observability, *entry_point.observability);
  if (core && clone.ruleSyntax.empty() && !clone.fromDefaultRule) clone.ruleSyntax = core->defaultRuleSyntax;
  return clone;
}

/// Splits one root router into `into` and says which names it has now.
std::vector<std::string> split(const std::string& name, const HttpRouter& router,
                               const StaticConfiguration& configuration, Routers& into) {
  std::vector<std::string> names;
  std::vector<std::string> remaining;
  for (const std::string& entry_point_name : router.entryPoints) {
    const auto found = configuration.entryPoints.find(entry_point_name);
    if (found == configuration.entryPoints.end() || !has_model(found->second, configuration.core)) {
      remaining.push_back(entry_point_name);
      continue;
    }
    const bool alone = router.entryPoints.size() == 1;
    names.push_back(alone ? name : fmt::format("{}-{}", entry_point_name, name));
    into.insert_or_assign(names.back(), cloned(router, entry_point_name, found->second, configuration.core));
  }
  if (!remaining.empty() || names.empty()) {
    names.push_back(name);
    into.insert_or_assign(name, router).first->second.entryPoints = std::move(remaining);
  }
  return names;
}

/// Children name the clones of their parents; a parent that does not exist is lost here, as in Traefik.
void follow(std::vector<std::string>& parents, const NewNames& new_names) {
  std::vector<std::string> result;
  for (const std::string& parent : parents) {
    const auto found = new_names.find(parent);
    if (found != new_names.end()) result.insert(result.end(), found->second.begin(), found->second.end());
  }
  parents = std::move(result);
}

Routers split_all(const Routers& routers, const StaticConfiguration& configuration) {
  Routers result;
  NewNames new_names;
  for (const auto& [name, router] : routers) {
    if (router.parentRefs.empty()) {
      new_names[name] = split(name, router, configuration, result);
    } else {
      new_names[name] = {name};
    }
  }
  for (const auto& [name, router] : routers) {
    if (router.parentRefs.empty()) continue;
    HttpRouter& child = result.insert_or_assign(name, router).first->second;
    follow(child.parentRefs, new_names);
  }
  return result;
}

void fill_up(std::optional<Observability>& observability) {
  if (!observability) observability.emplace();
  if (!observability->accessLogs) observability->accessLogs = true;
  if (!observability->metrics) observability->metrics = true;
  if (!observability->tracing) observability->tracing = true;
  if (observability->traceVerbosity.empty()) observability->traceVerbosity = "minimal";
}

}  // namespace

std::vector<format::Problem> apply_models(DynamicConfiguration& dynamic,
                                          const StaticConfiguration& static_configuration) {
  Routers& routers = dynamic.http.routers;
  bool any_model = false;
  for (const auto& [name, entry_point] : static_configuration.entryPoints) {
    any_model = any_model || has_model(entry_point, static_configuration.core);
  }
  if (any_model) routers = split_all(routers, static_configuration);

  std::vector<format::Problem> lost;
  std::erase_if(routers, [&lost](const auto& item) {
    if (!item.second.tls || !item.second.entryPoints.empty()) return false;
    lost.push_back({.position = {},
                    .path = fmt::format("http.routers.{}", item.first),
                    .message = "has tls but no entry point, and is left out",
                    .suggestion = "set tls on the parent router"});
    return true;
  });
  for (auto& [name, router] : routers) {
    if (router.parentRefs.empty()) fill_up(router.observability);
  }
  return lost;
}

}  // namespace tandem::model
