#include "proxy/match/route_table.h"

#include <algorithm>
#include <utility>

#include "proxy/match/routing_path.h"

namespace tandem::match {
namespace {

RouteIndex index_of(const std::vector<Route>& routes) {
  std::vector<const Requirement*> requirements;
  requirements.reserve(routes.size());
  for (const Route& route : routes) requirements.push_back(&route.rule->requirement);
  return RouteIndex(requirements);
}

}  // namespace

RouteTable::RouteTable(std::vector<Route> routes, Level level)
    : routes_(std::move(routes)), index_(index_of(routes_)), level_(level) {}

const Route* RouteTable::find(MatchInput& input, http::Arena& arena) const {
  const Route* result = nullptr;
  index_.find(input.host, input.path, arena, [this, &input, &result](RouteIndex::Candidate candidate) {
    const Route& route = routes_[candidate.rank];
    if (!candidate.certain && !route.rule->predicate->holds(input)) return false;
    result = &route;
    return true;
  });
  return result;
}

const Route* RouteTable::find_linearly(MatchInput& input) const {
  const auto found =
      std::ranges::find_if(routes_, [&input](const Route& route) { return route.rule->predicate->holds(input); });
  return found == routes_.end() ? nullptr : &*found;
}

loop::Task<http::Response> RouteTable::handle(http::Request request, http::Exchange& exchange) const {
  if (level_ == Level::kChildren) {
    const auto path = routing_path(request.path, exchange.arena);
    if (!path) return http::ready(http::empty_response(400, exchange.arena));
    exchange.routing_path = *path;
  }
  MatchInput input(request, exchange);
  if (const Route* route = find(input, exchange.arena)) return route->handler->handle(std::move(request), exchange);
  return http::ready(http::error_response(404, "404 page not found", exchange.arena));
}

}  // namespace tandem::match
