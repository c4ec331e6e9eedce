#include "config/format/labels.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "config/format/key_tree.h"

namespace tandem::format {

base::Result<Value> parse_labels(Labels labels, std::string_view root, std::span<const std::string_view> filters,
                                 std::string source_name) {
  const auto source = std::make_shared<const std::string>(std::move(source_name));
  std::map<std::string_view, std::string_view> wanted;
  for (const auto& [key, value] : labels) {
    const auto begins_key = [&](std::string_view filter) { return base::starts_with_ignoring_case(key, filter); };
    if (std::ranges::any_of(filters, begins_key)) wanted[key] = value;
  }
  KeyTree tree;
  for (const auto& [key, value] : wanted) {
    auto path = split_key(key, '.');
    if (!path) return error_at({source}, path.error().message());
    if (path->front() != root) return error_at({source}, "invalid label root " + path->front());
    path->erase(path->begin());
    if (auto done = tree.insert(*path, value, source); !done) return done.error();
  }
  return std::move(tree).take();
}

}  // namespace tandem::format
