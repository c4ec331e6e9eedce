#include "config/model/tls_conflicts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/rule/syntax.h"

namespace tandem::model {
namespace {

constexpr std::string_view kDefault = "default";
constexpr std::string_view kConflict =
    "router's TLSOptions configuration is conflicting with other routers on the same entrypoint and host, default TLS "
    "options will be used instead";

std::string key_of(std::string_view entry_point, std::string_view host) {
  return fmt::format("{} {}", entry_point, host);
}

/// "a@file" → "@file".
std::string_view provider_suffix(std::string_view name) {
  const std::size_t at = name.find('@');
  return at == std::string_view::npos ? std::string_view() : name.substr(at);
}

std::string options_of(const HttpRouter& router, std::string_view name) {
  const std::string& options = router.tls->options;
  if (options.empty() || options == kDefault) return std::string(kDefault);
  return options.find('@') == std::string::npos ? options + std::string(provider_suffix(name)) : options;
}

std::vector<std::string> hosts_of(const HttpRouter& router) {
  const auto tree = rule::parse_http(router.rule, rule::syntax_named(router.ruleSyntax));
  std::vector<std::string> hosts;
  if (tree) hosts = rule::domains(*tree);
  std::ranges::sort(hosts);
  const auto repeated = std::ranges::unique(hosts);
  hosts.erase(repeated.begin(), repeated.end());
  return hosts;
}

}  // namespace

void TlsConflicts::forget(const std::string& name, std::set<std::string>& affected) {
  children_.erase(name);
  const auto found = facts_.find(name);
  if (found == facts_.end()) return;
  for (const std::string& entry_point : found->second.entry_points) {
    for (const std::string& host : found->second.hosts) {
      const auto users = hosts_.find(key_of(entry_point, host));
      if (users == hosts_.end()) continue;
      for (const auto& [options, names] : users->second) affected.insert(names.begin(), names.end());
      auto& same = users->second[found->second.options];
      same.erase(name);
      if (same.empty()) users->second.erase(found->second.options);
      if (users->second.empty()) hosts_.erase(users);
    }
  }
  facts_.erase(found);
}

void TlsConflicts::learn(const std::string& name, const HttpRouter& router, std::set<std::string>& affected) {
  if (!router.parentRefs.empty()) {
    children_.insert(name);
    return;
  }
  if (!router.tls) return;
  Facts facts{.options = options_of(router, name), .hosts = hosts_of(router), .entry_points = router.entryPoints};
  for (const std::string& entry_point : facts.entry_points) {
    for (const std::string& host : facts.hosts) {
      Users& users = hosts_[key_of(entry_point, host)];
      users[facts.options].insert(name);
      if (users.size() < 2) continue;
      for (const auto& [options, names] : users) affected.insert(names.begin(), names.end());
    }
  }
  facts_.insert_or_assign(name, std::move(facts));
}

bool TlsConflicts::conflicts(const Facts& facts, std::string_view entry_point) const {
  if (facts.hosts.empty()) return facts.options != kDefault;
  return std::ranges::any_of(facts.hosts, [&](const std::string& host) {
    const auto users = hosts_.find(key_of(entry_point, host));
    return users != hosts_.end() && users->second.size() > 1;
  });
}

std::string TlsConflicts::reason_of(const Facts& facts, std::string_view rule) {
  if (!facts.hosts.empty()) return facts.options == kDefault ? std::string() : std::string(kConflict);
  return fmt::format("no domain found in rule {}, the TLS option {} cannot be applied", rule, facts.options);
}

void TlsConflicts::replace(const std::string& name, const Routers& routers) {
  if (const auto before = renamed_.find(name); before != renamed_.end()) {
    for (const std::string& copy : before->second) {
      if (copy != name) resolved_.erase(copy);
    }
    renamed_.erase(before);
  }
  const auto router = routers.find(name);
  if (router == routers.end()) {
    resolved_.erase(name);
    return;
  }
  const auto facts = facts_.find(name);
  std::vector<std::string> left;
  std::vector<std::string> names;
  if (facts != facts_.end()) {
    for (const std::string& entry_point : facts->second.entry_points) {
      if (!conflicts(facts->second, entry_point)) {
        left.push_back(entry_point);
        continue;
      }
      HttpRouter copy = router->second;
      copy.entryPoints = {entry_point};
      copy.tlsFallback = reason_of(facts->second, copy.rule);
      names.push_back(fmt::format("{}-conflicted-{}", entry_point, name));
      resolved_.insert_or_assign(names.back(), std::move(copy));
    }
  }
  if (names.empty()) {
    resolved_.insert_or_assign(Routers::entry(router));
    return;
  }
  if (left.empty()) {
    resolved_.erase(name);
  } else {
    HttpRouter rest = router->second;
    rest.entryPoints = std::move(left);
    resolved_.insert_or_assign(name, std::move(rest));
    names.push_back(name);
  }
  renamed_.insert_or_assign(name, std::move(names));
}

void TlsConflicts::follow_parents(const Routers& routers) {
  for (const std::string& name : children_) {
    const auto child = routers.find(name);
    HttpRouter changed = child->second;
    changed.parentRefs.clear();
    for (const std::string& parent : child->second.parentRefs) {
      const auto found = renamed_.find(parent);
      if (found == renamed_.end()) {
        changed.parentRefs.push_back(parent);
      } else {
        changed.parentRefs.insert(changed.parentRefs.end(), found->second.begin(), found->second.end());
      }
    }
    if (changed.parentRefs == child->second.parentRefs) {
      resolved_.insert_or_assign(Routers::entry(child));
    } else {
      resolved_.insert_or_assign(name, std::move(changed));
    }
  }
}

const TlsConflicts::Routers& TlsConflicts::apply(const Routers& routers) {
  std::set<std::string> affected;
  std::vector<const Routers::value_type*> fresh;
  Routers::compare(before_, routers, [&](const auto* before, const auto* now) {
    affected.insert(before != nullptr ? before->first : now->first);
    if (before != nullptr) forget(before->first, affected);
    if (now != nullptr) fresh.push_back(now);
  });
  for (const auto* router : fresh) learn(router->first, router->second, affected);
  for (const std::string& name : affected) replace(name, routers);
  if (!affected.empty()) follow_parents(routers);
  before_ = routers;
  return resolved_;
}

}  // namespace tandem::model
