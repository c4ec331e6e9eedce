#pragma once

// RouteTable: the routes of one entry point (or the children of one router) as one handler: finds the first that
// matches, in order of rank, and hands the request on; else 404. Immutable, shared by all cores; owned by snapshots.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "protocol/http/handler.h"
#include "proxy/match/predicate.h"
#include "proxy/match/requirement.h"
#include "proxy/match/route_index.h"

namespace tandem::match {

/// A compiled rule with what the index needs to know of it.
struct CompiledRule {
  std::string text;
  rule::Syntax syntax = rule::Syntax::kV3;
  std::shared_ptr<const Predicate> predicate;
  Requirement requirement;
};

struct Route {
  std::shared_ptr<const CompiledRule> rule;
  http::HandlerPtr handler;

  bool operator==(const Route&) const = default;
};

class RouteTable final : public http::Handler {
 public:
  enum class Level : std::uint8_t {
    kEntryPoint,  ///< exchange.routing_path is that of the request
    kChildren,    ///< a parent's middlewares may have changed the path
  };
  /// `routes` in order of rank: the first that matches gets the request.
  RouteTable(std::vector<Route> routes, Level level);

  loop::Task<http::Response> handle(http::Request request, http::Exchange& exchange) const override;

  const std::vector<Route>& routes() const { return routes_; }
  /// The route for a request; null when none matches.
  const Route* find(MatchInput& input, http::Arena& arena) const;
  /// The same by asking every route.
  const Route* find_linearly(MatchInput& input) const;

 private:
  std::vector<Route> routes_;
  RouteIndex index_;
  Level level_;
};

}  // namespace tandem::match
