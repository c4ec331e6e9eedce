#include "proxy/routing/router_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "proxy/routing/names.h"

namespace tandem::routing {
namespace {

class Tree {
 public:
  explicit Tree(const format::SharedMap<model::HttpRouter>& routers) : nodes_(routers.size()) {
    items_.reserve(routers.size());
    for (const auto& item : routers) items_.push_back(&item);
  }

  std::vector<TreeNode> build() {
    bool any_child = false;
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      if (config(i).parentRefs.empty()) continue;
      any_child = true;
      check_child(i);
      link(i);
    }
    if (!any_child) {
      for (std::uint32_t i = 0; i < nodes_.size(); ++i) check_end(i);
      return std::move(nodes_);
    }
    reached_.resize(nodes_.size());
    on_path_.resize(nodes_.size());
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      if (config(i).parentRefs.empty()) visit(i);
    }
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
      if (reached_[i]) continue;
      nodes_[i].condition.add_error("router is not reachable", true);
      nodes_[i].children.clear();  // they may form circles
    }
    return std::move(nodes_);
  }

 private:
  const model::HttpRouter& config(std::uint32_t i) const { return items_[i]->second; }
  const std::string& name(std::uint32_t i) const { return items_[i]->first; }

  void check_child(std::uint32_t i) {
    Condition& condition = nodes_[i].condition;
    if (config(i).tls) condition.add_error("non-root router cannot have TLS configuration", true);
    if (config(i).observability) condition.add_error("non-root router cannot have Observability configuration", true);
    if (!config(i).entryPoints.empty()) {
      condition.add_error("non-root router cannot have Entrypoints configuration", true);
    }
  }

  void link(std::uint32_t i) {
    for (const std::string& parent : config(i).parentRefs) {
      const auto found = std::ranges::lower_bound(items_, parent, {},
                                                  [](const auto* item) -> const std::string& { return item->first; });
      if (found == items_.end() || (*found)->first != parent) {
        nodes_[i].condition.add_error(fmt::format("parent router \"{}\" does not exist", parent), true);
        continue;
      }
      const auto at = static_cast<std::uint32_t>(found - items_.begin());
      std::vector<std::uint32_t>& siblings = nodes_[at].children;
      if (siblings.empty() || siblings.back() != i) siblings.push_back(i);
    }
  }

  void visit(std::uint32_t i) {
    reached_[i] = true;
    on_path_[i] = true;
    path_.push_back(i);
    if (!config(i).service.empty() && !nodes_[i].children.empty() && config(i).parentRefs.empty()) {
      nodes_[i].condition.add_error("router has both a service and is referenced as a parent by other routers", true);
    }
    std::erase_if(nodes_[i].children, [this, i](std::uint32_t child) {
      if (on_path_[child]) {
        nodes_[i].condition.add_error(circle(child), false);
        return true;
      }
      if (path_.size() >= kMaxNesting) {
        nodes_[i].condition.add_error("routers are nested too deeply", true);
        return true;
      }
      if (!reached_[child]) visit(child);
      return false;
    });
    path_.pop_back();
    on_path_[i] = false;
    check_end(i);
  }

  std::string circle(std::uint32_t again) const {
    std::string text = "cyclic reference detected in router tree: ";
    for (auto at = std::ranges::find(path_, again); at != path_.end(); ++at) text += name(*at) + " -> ";
    return text + name(again);
  }

  void check_end(std::uint32_t i) {
    if (config(i).service.empty() && nodes_[i].children.empty()) {
      nodes_[i].condition.add_error("router has no service and no child routers", true);
    }
  }

  std::vector<const std::pair<const std::string, model::HttpRouter>*> items_;
  std::vector<TreeNode> nodes_;
  std::vector<bool> reached_;
  std::vector<bool> on_path_;
  std::vector<std::uint32_t> path_;
};

}  // namespace

std::vector<TreeNode> build_router_tree(const format::SharedMap<model::HttpRouter>& routers) {
  return Tree(routers).build();
}

}  // namespace tandem::routing
