#include "proxy/match/requirement.h"

#include <algorithm>
#include <utility>

namespace tandem::match {
namespace {

Requirement of_test(const Test& test) {
  Requirement result{.hosts = {}, .paths = {}, .sufficient = true};
  switch (test.kind) {
    case Test::Kind::kAlways:
      break;
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
    case Test::Kind::kPathRegexp:
      result.sufficient = false;
      [[fallthrough]];
    case Test::Kind::kPathPrefix:
      if (!test.text.empty()) result.paths.emplace({PathKey{.text = test.text, .exact = false}});
      break;
    default:
      result.sufficient = false;
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
  // Of two sets of hosts one is kept, which lets more through than both.
  const bool both = (into.hosts && other.hosts) || (into.paths && other.paths);
  into.sufficient = into.sufficient && other.sufficient && !both;
  if (other.hosts && (!into.hosts || other.hosts->size() < into.hosts->size())) into.hosts = std::move(other.hosts);
  if (other.paths && (!into.paths || sharpness(*other.paths) > sharpness(*into.paths))) {
    into.paths = std::move(other.paths);
  }
}

template <class Key>
void add_keys(std::optional<std::vector<Key>>& into, const std::optional<std::vector<Key>>& other) {
  if (!into) return;
  if (other) {
    into->insert(into->end(), other->begin(), other->end());
  } else {
    into.reset();
  }
}

void widen(Requirement& into, const Requirement& other) {
  // Sets that are not of the same kind leave anything open, or combinations that neither accepts.
  const bool only_hosts = into.hosts && other.hosts && !into.paths && !other.paths;
  const bool only_paths = into.paths && other.paths && !into.hosts && !other.hosts;
  into.sufficient = into.sufficient && other.sufficient && (only_hosts || only_paths);
  add_keys(into.hosts, other.hosts);
  add_keys(into.paths, other.paths);
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
      widen(result, child);
    }
  }
  return result;
}

}  // namespace

Requirement requirement_of(const Predicate& predicate) { return of_node(predicate.root()); }

}  // namespace tandem::match
