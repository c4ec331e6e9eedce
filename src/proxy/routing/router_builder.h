#pragma once

// RouterBuilder: the routers of one configuration: rule, middlewares, service or children of each. Lives while a
// snapshot is built; control thread. What it built is immutable and used again by later snapshots.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "proxy/routing/changes.h"
#include "proxy/routing/route_table.h"
#include "proxy/routing/router_tree.h"
#include "proxy/routing/service_builder.h"
#include "proxy/routing/snapshot.h"

namespace tandem::routing {

/// What came of one router.
struct BuiltRouter {
  RouterState state;
  Condition tree;  ///< what was wrong with its place in the tree
  bool tls_options_known = true;
  std::shared_ptr<const CompiledRule> rule;  ///< null when broken or not considered
  http::HandlerPtr handler;                  ///< null when nobody gets its requests
  std::string service;                       ///< qualified; empty for parents
  ChainTrace chain;
  std::vector<std::shared_ptr<const BuiltRouter>> children;  ///< also broken ones
};
using BuiltRouterPtr = std::shared_ptr<const BuiltRouter>;

/// What of the snapshot before may be used again.
struct Reusable {
  ChangedNames services;     ///< not these
  ChangedNames middlewares;  ///< nor these
};

class RouterBuilder {
 public:
  struct Slot {
    std::string_view name;
    const model::HttpRouter* config;
    BuiltRouterPtr before;         ///< of the router of that name in the snapshot before, if any
    bool same_config = false;      ///< as then
    std::size_t service_hint = 0;  ///< where `before`'s service probably is
    BuiltRouterPtr built;
  };

  /// Everything outlives the builder. `tree` and `slots` are in the order of names.
  RouterBuilder(const BuildInput& input, ServiceBuilder& services, const Reusable& reusable, std::vector<TreeNode> tree,
                std::vector<Slot> slots);

  /// Builds all routers.
  void build();
  std::vector<Slot>& slots() { return slots_; }
  /// Roots that get requests, by entry point and security: positions of slots, ascending.
  std::vector<std::uint32_t> listening(std::string_view entry_point, Security security) const;
  /// The routes of these slots, in order of rank.
  std::vector<Route> routes(std::vector<std::uint32_t> positions) const;

 private:
  const BuiltRouterPtr& child(std::uint32_t position);
  bool unchanged(const Slot& slot, const TreeNode& node) const;
  bool tls_options_known(const Slot& slot) const;
  std::string tls_options_name(const Slot& slot) const;
  void build_root(std::uint32_t position);
  void find_entry_points(const Slot& slot, BuiltRouter& into) const;
  void build_route(std::uint32_t position, BuiltRouter& into);
  base::Result<http::HandlerPtr> build_handler(std::uint32_t position, BuiltRouter& into);
  base::Result<http::HandlerPtr> build_children(std::uint32_t position, BuiltRouter& into);
  base::Result<std::shared_ptr<const CompiledRule>> rule_of(const Slot& slot) const;
  std::vector<std::uint32_t> in_order(std::vector<std::uint32_t> positions) const;
  std::uint32_t provider_rank(std::string_view name) const;

  const BuildInput& input_;
  ServiceBuilder& services_;
  const Reusable& reusable_;
  std::vector<TreeNode> tree_;
  std::vector<Slot> slots_;
};

/// Names of the entry points that routers may listen on (TCP), sorted.
std::vector<std::string> http_entry_points(const model::StaticConfiguration& configuration);

}  // namespace tandem::routing
