#include "proxy/routing/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>

#include "config/rule/syntax.h"
#include "proxy/match/predicate.h"
#include "proxy/routing/contents.h"
#include "proxy/routing/names.h"

namespace tandem::routing {
namespace {

using Contents = Snapshot::Contents;

std::string written(const rule::Node& node) {
  std::vector<std::string> arguments;
  for (const std::string& argument : node.matcher.arguments) {
    arguments.push_back(argument.contains('`') ? fmt::format("\"{}\"", argument) : fmt::format("`{}`", argument));
  }
  return fmt::format("{}{}({})", node.negated ? "!" : "", node.matcher.name, fmt::join(arguments, ", "));
}

/// The matchers that keep a rule from holding. Tree and predicate have the same shape down to the matchers.
void collect_failed(const rule::Node& tree, const match::Predicate::Node& predicate, match::MatchInput& input,
                    std::vector<std::string>& failed) {
  if (predicate.holds(input)) return;
  if (tree.kind == rule::Node::Kind::kMatcher) {
    failed.push_back(written(tree));
    return;
  }
  for (std::size_t i = 0; i < tree.children.size(); ++i) {
    collect_failed(tree.children[i], predicate.children[i], input, failed);
  }
}

RouteVerdict verdict_of(const RuntimeRouter& router, const match::CompiledRule& rule, match::MatchInput& input) {
  RouteVerdict verdict{.router = router.name, .priority = router.state->priority, .matches = false, .failed = {}};
  verdict.matches = rule.predicate->holds(input);
  if (verdict.matches) return verdict;
  const auto tree = rule::parse_http(rule.text, rule.syntax);
  if (tree) collect_failed(*tree, rule.predicate->root(), input, verdict.failed);
  return verdict;
}

const match::RouteTable* table_of(const Contents& contents, std::string_view entry_point, Security security) {
  for (const Contents::Table& table : contents.tables) {
    if (table.entry_point == entry_point && table.security == security) return table.routes.get();
  }
  return nullptr;
}

std::unordered_map<const http::Handler*, std::size_t> positions_of(const Contents& contents) {
  std::unordered_map<const http::Handler*, std::size_t> positions;
  for (std::size_t i = 0; i < contents.built_routers.size(); ++i) {
    positions[contents.built_routers[i]->handler.get()] = i;
  }
  return positions;
}

std::size_t provider_rank(const Contents& contents, std::string_view router) {
  const auto& precedence = contents.input.static_configuration->providers.precedence;
  return static_cast<std::size_t>(std::ranges::find(precedence, provider_of(router)) - precedence.begin());
}

}  // namespace

std::vector<RouteVerdict> explain(const Snapshot& snapshot, std::string_view entry_point, Security security,
                                  const http::Request& request, http::Exchange& exchange) {
  const Contents& contents = snapshot.contents();
  std::vector<RouteVerdict> verdicts;
  const match::RouteTable* const table = table_of(contents, entry_point, security);
  if (table == nullptr) return verdicts;
  const auto positions = positions_of(contents);
  match::MatchInput input(request, exchange);
  for (const match::Route& route : table->routes()) {
    verdicts.push_back(verdict_of(contents.routers[positions.at(route.handler.get())], *route.rule, input));
  }
  return verdicts;
}

std::vector<RouteVerdict> explain_children(const Snapshot& snapshot, std::string_view router,
                                           const http::Request& request, http::Exchange& exchange) {
  const Contents& contents = snapshot.contents();
  std::vector<RouteVerdict> verdicts;
  match::MatchInput input(request, exchange);
  for (std::size_t i = 0; i < contents.routers.size(); ++i) {
    const std::vector<std::string>& parents = contents.routers[i].config->parentRefs;
    if (std::ranges::find(parents, router) == parents.end() || !contents.built_routers[i]->handler) continue;
    verdicts.push_back(verdict_of(contents.routers[i], *contents.built_routers[i]->rule, input));
  }
  std::ranges::stable_sort(verdicts, [&contents](const RouteVerdict& a, const RouteVerdict& b) {
    if (a.priority != b.priority) return a.priority > b.priority;
    return provider_rank(contents, a.router) < provider_rank(contents, b.router);
  });
  return verdicts;
}

std::string_view router_for(const Snapshot& snapshot, std::string_view entry_point, Security security,
                            const http::Request& request, http::Exchange& exchange) {
  const Contents& contents = snapshot.contents();
  const match::RouteTable* const table = table_of(contents, entry_point, security);
  if (table == nullptr) return {};
  match::MatchInput input(request, exchange);
  const match::Route* const route = table->find(input, exchange.arena);
  return route == nullptr ? std::string_view() : contents.routers[positions_of(contents).at(route->handler.get())].name;
}

std::vector<Bystander> bystanders(const Snapshot& snapshot, std::string_view entry_point, Security security,
                                  const http::Request& request, http::Exchange& exchange) {
  std::vector<Bystander> found;
  match::MatchInput input(request, exchange);
  for (const RuntimeRouter& router : snapshot.routers()) {
    if (!router.config->parentRefs.empty()) continue;
    const auto& names = router.state->entry_points;
    const bool here = std::ranges::find(names, entry_point) != names.end();
    const bool tls = router.config->tls.has_value();
    const bool disabled = router.state->condition.status == Status::kDisabled;
    if (here && !disabled && tls == (security == Security::kTls)) continue;
    if (!here && provider_of(router.name) == "internal") continue;  // they have entry points of their own
    const auto predicate = match::compile_rule(router.config->rule, rule::syntax_named(router.config->ruleSyntax));
    if (!predicate || !(*predicate)->holds(input)) continue;
    std::string reason;
    if (disabled) {
      reason = fmt::format("disabled: {}", fmt::join(router.state->condition.errors, "; "));
    } else if (!here) {
      reason = fmt::format("listens on {}", fmt::join(names, ", "));
    } else {
      reason = tls ? "serves TLS connections only" : "serves cleartext connections only";
    }
    found.push_back({.router = router.name, .reason = std::move(reason)});
  }
  return found;
}

}  // namespace tandem::routing
