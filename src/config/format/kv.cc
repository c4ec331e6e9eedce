#include "config/format/kv.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "config/format/key_tree.h"

namespace tandem::format {

base::Result<Value> parse_key_values(KeyValues pairs, std::string_view root, std::span<const std::string_view> sections,
                                     std::string source_name) {
  const auto source = std::make_shared<const std::string>(std::move(source_name));
  const auto segments = [](std::string_view key) {
    std::vector<std::string> out;
    for (const auto segment : base::split(key, '/')) {
      if (!segment.empty()) out.emplace_back(segment);
    }
    return out;
  };
  const std::vector<std::string> below = segments(root);
  std::map<std::string_view, std::string_view> sorted;
  for (const auto& [key, value] : pairs) sorted[key] = value;
  KeyTree tree;
  for (const auto& [key, value] : sorted) {
    std::vector<std::string> path = segments(key);
    if (path.size() <= below.size() || !std::equal(below.begin(), below.end(), path.begin())) continue;
    path.erase(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(below.size()));
    const auto is_first = [&](std::string_view section) { return base::equal_ignoring_case(path.front(), section); };
    if (std::ranges::none_of(sections, is_first)) continue;
    if (auto done = tree.insert(path, value, source); !done) return done.error();
  }
  return std::move(tree).take();
}

}  // namespace tandem::format
