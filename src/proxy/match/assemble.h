#pragma once

// From the tests that a rule's matchers became to one tree: the same for HTTP and TCP rules. For the two compilers of
// this folder; control thread.

#include <cstddef>
#include <utility>
#include <vector>

#include "config/rule/syntax.h"

namespace tandem::match {

/// A node over its children; one child stands for itself.
template <class Node>
Node group(typename Node::Kind kind, std::vector<Node> children) {
  if (children.size() == 1) return std::move(children.front());
  return Node{.kind = kind, .negated = false, .test = {}, .children = std::move(children)};
}

/// Joins what the leaf check compiled, in the order of the text, along the tree. `at`: the next of `leaves`.
template <class Node>
Node assemble(const rule::Node& tree, std::vector<Node>& leaves, std::size_t& at) {
  if (tree.kind == rule::Node::Kind::kMatcher) {
    Node node = std::move(leaves[at++]);
    node.negated = tree.negated;
    return node;
  }
  std::vector<Node> children;
  children.reserve(tree.children.size());
  for (const rule::Node& child : tree.children) children.push_back(assemble(child, leaves, at));
  return group(tree.kind == rule::Node::Kind::kAnd ? Node::Kind::kAll : Node::Kind::kAny, std::move(children));
}

}  // namespace tandem::match
