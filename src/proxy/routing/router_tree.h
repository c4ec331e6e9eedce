#pragma once

// The tree that parentRefs make of routers (multi-layer routing), and what is wrong with it. Pure function; control
// thread.

#include <cstdint>
#include <string>
#include <vector>

#include "config/model/http_router.h"
#include "proxy/routing/snapshot.h"

namespace tandem::routing {

/// One router's place; routers are numbered in the order of their names.
struct TreeNode {
  std::vector<std::uint32_t> children;  ///< ascending; edges that close a circle are cut
  Condition condition;                  ///< broken ones (not the roots) are not served
};

/// One node for each router.
std::vector<TreeNode> build_router_tree(const format::SharedMap<model::HttpRouter>& routers);

}  // namespace tandem::routing
