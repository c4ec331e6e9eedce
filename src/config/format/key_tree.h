#pragma once

// Builds the Value tree of sources that are flat lists of keys: flags, environment, labels, KV stores.
// Single owner, one thread.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "config/format/source.h"
#include "config/format/value.h"

namespace tandem::format {

class KeyTree {
 public:
  /// Places a value. A segment joins an existing one that differs only in case (the first spelling stays), so callers
  /// insert keys in byte order, as Traefik does. Segments "[0]" are list indices. More than kMaxDepth segments are
  /// refused.
  base::Result<void> insert(const std::vector<std::string>& path, std::string_view text, const SourceName& source);

  /// The tree: leaves are Text; nodes with only "[N]" children are arrays in byte order of N.
  Value take() &&;

 private:
  struct Node {
    std::string name;
    std::optional<std::string> text;
    SourceName source;
    std::vector<Node> children;
    std::unordered_map<std::string, std::size_t> by_lower_name;  // into children; stores hold thousands of names

    Value take() &&;
  };
  Node root_;
};

/// Splits "a.b[0].c" into "a", "b", "[0]", "c"; an error for empty segments and unbalanced brackets.
base::Result<std::vector<std::string>> split_key(std::string_view key, char separator);

}  // namespace tandem::format
