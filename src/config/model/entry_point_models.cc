#include "config/model/entry_point_models.h"

#include <fmt/format.h>

#include <utility>

namespace tandem::model {
namespace {

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

void fill_up(std::optional<Observability>& observability) {
  if (!observability) observability.emplace();
  if (!observability->accessLogs) observability->accessLogs = true;
  if (!observability->metrics) observability->metrics = true;
  if (!observability->tracing) observability->tracing = true;
  if (observability->traceVerbosity.empty()) observability->traceVerbosity = "minimal";
}

}  // namespace

EntryPointModels::EntryPointModels(const StaticConfiguration& configuration) : configuration_(configuration) {
  for (const auto& [name, entry_point] : configuration.entryPoints) {
    any_model_ = any_model_ || has_model(entry_point, configuration.core);
  }
}

const EntryPointModels::Routers& EntryPointModels::apply(const Routers& merged) {
  if (!apply_changes(merged)) apply_anew(merged);
  merged_ = merged;
  return modelled_;
}

std::vector<format::Problem> EntryPointModels::lost() const {
  std::vector<format::Problem> problems;
  for (const auto& [name, problem] : lost_) problems.push_back(problem);
  return problems;
}

/// One root router as it is on its entry points, under the names it has there.
EntryPointModels::Clones EntryPointModels::split(const std::string& name, const HttpRouter& router) const {
  Clones clones;
  std::vector<std::string> remaining;
  for (const std::string& entry_point_name : router.entryPoints) {
    const auto found = configuration_.entryPoints.find(entry_point_name);
    if (!any_model_ || found == configuration_.entryPoints.end() || !has_model(found->second, configuration_.core)) {
      remaining.push_back(entry_point_name);
      continue;
    }
    const bool alone = router.entryPoints.size() == 1;
    clones.emplace_back(alone ? name : fmt::format("{}-{}", entry_point_name, name),
                        cloned(router, entry_point_name, found->second, configuration_.core));
  }
  if (!remaining.empty() || clones.empty()) {
    HttpRouter rest = router;
    rest.entryPoints = std::move(remaining);
    clones.emplace_back(name, std::move(rest));
  }
  return clones;
}

/// False when it took the place of another one.
bool EntryPointModels::add(const std::string& name, HttpRouter router) {
  if (router.tls && router.entryPoints.empty()) {
    lost_[name] = {.position = {},
                   .path = fmt::format("http.routers.{}", name),
                   .message = "has tls but no entry point, and is left out",
                   .suggestion = "set tls on the parent router"};
    return true;
  }
  if (router.parentRefs.empty()) fill_up(router.observability);
  return modelled_.insert_or_assign(name, std::move(router));
}

/// Applies what differs from the last time; false when that cannot be done router by router.
bool EntryPointModels::apply_changes(const Routers& merged) {
  if (children_ > 0 || names_clash_) return false;
  std::vector<const Routers::value_type*> now;
  bool any_child = false;
  Routers::compare(merged_, merged, [&](const auto* before, const auto* after) {
    if (before != nullptr) {
      for (const auto& [name, clone] : split(before->first, before->second)) {
        modelled_.erase(name);
        lost_.erase(name);
      }
    }
    if (after == nullptr) return;
    any_child = any_child || !after->second.parentRefs.empty();
    now.push_back(after);
  });
  if (any_child) return false;
  for (const auto* router : now) {
    for (const auto& [name, clone] : split(router->first, router->second)) {
      if (!add(name, clone)) return false;
    }
  }
  return true;
}

/// Children name the clones of their parents; a parent that does not exist is lost here, as in Traefik.
void EntryPointModels::follow(std::vector<std::string>& parents, const NewNames& new_names) const {
  if (!any_model_) return;
  std::vector<std::string> result;
  for (const std::string& parent : parents) {
    const auto found = new_names.find(parent);
    if (found != new_names.end()) result.insert(result.end(), found->second.begin(), found->second.end());
  }
  parents = std::move(result);
}

void EntryPointModels::apply_anew(const Routers& merged) {
  const Routers before = std::exchange(modelled_, {});
  lost_.clear();
  names_clash_ = false;
  children_ = 0;
  NewNames new_names;
  for (const auto& [name, router] : merged) {
    std::vector<std::string>& names = new_names[name];
    if (!router.parentRefs.empty()) {
      ++children_;
      names = {name};
      continue;
    }
    for (const auto& [clone_name, clone] : split(name, router)) {
      names.push_back(clone_name);
      names_clash_ = !add(clone_name, clone) || names_clash_;
    }
  }
  for (const auto& [name, router] : merged) {
    if (router.parentRefs.empty()) continue;
    HttpRouter child = router;
    follow(child.parentRefs, new_names);
    names_clash_ = !add(name, std::move(child)) || names_clash_;
  }
  for (auto at = before.begin(); at != before.end(); ++at) {
    const auto same = modelled_.find(at->first);
    if (same != modelled_.end() && same->second == at->second) modelled_.insert_or_assign(Routers::entry(at));
  }
}

}  // namespace tandem::model
