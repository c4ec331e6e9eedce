#include "proxy/routing/requirement.h"

#include <algorithm>
#include <utility>

namespace tandem::routing {
namespace {

Requirement of_test(const Test& test) {
  Requirement result;
  switch (test.kind) {
    case Test::Kind::kNever:
      result.hosts.emplace();
      break;
    case Test::Kind::kHost:
      result.hosts.emplace({HostKey(test.text, false)});
      break;
    case Test::Kind::kHostSuffix:
      result.hosts.emplace({HostKey(test.text, true)});
      break;
    case Test::Kind::kPath:
      result.paths.emplace({PathKey{.text = test.text, .exact = true}});
      break;
    case Test::Kind::kPathPrefix:
    case Test::Kind::kPathRegexp:
      if (!test.text.empty()) result.paths.emplace({PathKey{.text = test.text, .exact = false}});
      break;
    default:
      break;
  }
  return result;
}

/// How much a set of paths leaves open: the shortest text decides.
std::size_t sharpness(const std::vector<PathKey>& paths) {
  std::size_t shortest = std::string_view::npos;
  for (const PathKey& path : paths) shortest = std::min(shortest, path.text.size() * 2 + (path.exact ? 1 : 0));
  return shortest;
}

void narrow(Requirement& into, Requirement other) {
  if (other.hosts && (!into.hosts || other.hosts->size() < into.hosts->size())) into.hosts = std::move(other.hosts);
  if (other.paths && (!into.paths || sharpness(*other.paths) > sharpness(*into.paths))) {
    into.paths = std::move(other.paths);
  }
}

template <class Key>
void widen(std::optional<std::vector<Key>>& into, const std::optional<std::vector<Key>>& other) {
  if (!into) return;
  if (other) {
    into->insert(into->end(), other->begin(), other->end());
  } else {
    into.reset();
  }
}

Requirement of_node(const Predicate::Node& node) {
  if (node.negated) return {};
  if (node.kind == Predicate::Node::Kind::kTest) return of_test(node.test);
  Requirement result = of_node(node.children.front());
  for (std::size_t i = 1; i < node.children.size(); ++i) {
    Requirement child = of_node(node.children[i]);
    if (node.kind == Predicate::Node::Kind::kAll) {
      narrow(result, std::move(child));
    } else {
      widen(result.hosts, child.hosts);
      widen(result.paths, child.paths);
    }
  }
  return result;
}

}  // namespace

Requirement requirement_of(const Predicate& predicate) { return of_node(predicate.root()); }

}  // namespace tandem::routing
