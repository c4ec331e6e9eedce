#pragma once

// RouterBuilder: the routers of one configuration: rule, middlewares, service or children of each. Lives while a
// snapshot is built; control thread. What it built is immutable and used again by later snapshots.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "proxy/handshake/tls_options.h"
#include "proxy/match/route_table.h"
#include "proxy/routing/changes.h"
#include "proxy/routing/router_tree.h"
#include "proxy/routing/service_builder.h"
#include "proxy/routing/snapshot.h"

namespace tandem::routing {

/// What came of one router.
struct BuiltRouter {
  RouterState state;
  Condition tree;                                   ///< what was wrong with its place in the tree
  std::string tls_error;                            ///< why its TLS options cannot be used; empty: they can
  std::vector<std::string> tls_hosts;               ///< names whose connections take its TLS options
  std::shared_ptr<const match::CompiledRule> rule;  ///< null when broken or not considered
  http::HandlerPtr handler;                         ///< null when nobody gets its requests
  bool tls = false;                                 ///< gets requests over TLS only, else only those in cleartext
  std::string service;                              ///< qualified; empty for parents
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
    BuiltRouterPtr before;  ///< of the router of that name in the snapshot before, if it may be used again
    const BuiltRouter* last_good = nullptr;  ///< what serves its requests now, if anything does
    bool same_config = false;                ///< as then
    std::size_t service = 0;                 ///< where `before`'s service is now
    BuiltRouterPtr built;
  };

  /// Everything outlives the builder. `tree` and `slots` are in the order of names.
  RouterBuilder(const BuildInput& input, ServiceBuilder& services, const Reusable& reusable, std::vector<TreeNode> tree,
                std::vector<Slot> slots);

  /// The TLS options that routers may name; outlive the builder. Called before build().
  void use(const handshake::TlsOptionsTable& options) { tls_options_ = &options; }
  /// Builds all routers.
  void build();
  std::vector<Slot>& slots() { return slots_; }
  /// Roots that get requests: positions of slots, ascending, for each entry point in cleartext, then with TLS.
  std::deque<std::vector<std::uint32_t>> listening(std::span<const std::string> entry_points) const;
  /// The routes of these slots, in order of rank.
  std::vector<match::Route> routes(std::vector<std::uint32_t> positions) const;

 private:
  const BuiltRouterPtr& child(std::uint32_t position);
  bool unchanged(const Slot& slot, const TreeNode& node) const;
  std::string tls_error(const Slot& slot) const;
  bool check_tls(const Slot& slot, BuiltRouter& into) const;
  void build_root(std::uint32_t position);
  void find_entry_points(const Slot& slot, BuiltRouter& into) const;
  void keep_last_good(const Slot& slot, BuiltRouter& into) const;
  void build_route(std::uint32_t position, BuiltRouter& into);
  base::Result<http::HandlerPtr> build_handler(std::uint32_t position, BuiltRouter& into);
  base::Result<http::HandlerPtr> build_children(std::uint32_t position, BuiltRouter& into);
  base::Result<std::shared_ptr<const match::CompiledRule>> rule_of(const Slot& slot) const;
  std::vector<std::uint32_t> in_order(std::vector<std::uint32_t> positions) const;
  std::uint32_t provider_rank(std::string_view name) const;

  const BuildInput& input_;
  ServiceBuilder& services_;
  const Reusable& reusable_;
  const handshake::TlsOptionsTable* tls_options_ = nullptr;
  std::vector<TreeNode> tree_;
  std::vector<Slot> slots_;
};

/// Names of the entry points that routers may listen on (TCP), sorted.
std::vector<std::string> http_entry_points(const model::StaticConfiguration& configuration);

/// The TLS options that connections for a router's hosts take. `name`: the router's.
std::string options_in_force(const model::HttpRouter& router, std::string_view name);

}  // namespace tandem::routing
