#include "config/format/key_tree.h"

#include <algorithm>

#include "base/text.h"

namespace tandem::format {

base::Result<void> KeyTree::insert(const std::vector<std::string>& path, std::string_view text,
                                   const SourceName& source) {
  if (path.size() > kMaxDepth) return error_at({source}, "nested too deeply");
  Node* node = &root_;
  for (const auto& segment : path) {
    const auto [found, fresh] = node->by_lower_name.try_emplace(base::lower_case(segment), node->children.size());
    if (fresh)
      node->children.push_back({.name = segment, .text = {}, .source = source, .children = {}, .by_lower_name = {}});
    node = &node->children[found->second];
  }
  node->text = text;
  node->source = source;
  return {};
}

Value KeyTree::take() && { return std::move(root_).take(); }

Value KeyTree::Node::take() && {
  const Position position{source};
  const auto own = [&] { return Value{Value::Text{*std::move(text)}, position}; };
  if (children.empty()) return text ? own() : Value{Object{}, position};
  const auto is_index = [](const Node& child) { return child.name.starts_with('['); };
  if (std::ranges::all_of(children, is_index)) {
    std::ranges::sort(children, {}, &Node::name);
    Array out;
    for (Node& child : children) out.push_back(std::move(child).take());
    return {std::move(out), position};
  }
  Object out;
  if (text) out.push_back({"", own()});
  for (Node& child : children) {
    std::string child_name = child.name;
    out.push_back({std::move(child_name), std::move(child).take()});
  }
  return {std::move(out), position};
}

base::Result<std::vector<std::string>> split_key(std::string_view key, char separator) {
  const auto refuse = [key](std::string_view reason) {
    return base::Error(base::ErrorKind::kInvalid, std::string(reason).append(": ").append(key));
  };
  std::vector<std::string> out;
  for (std::string_view segment : base::split(key, separator)) {
    if (segment.empty()) return refuse("empty segment in key");
    const auto bracket = segment.find('[');
    if (bracket == 0) return refuse("index without a list in key");
    out.emplace_back(segment.substr(0, bracket));
    if (bracket == std::string_view::npos) continue;
    segment.remove_prefix(bracket);
    while (!segment.empty()) {
      const auto end = segment.find(']');
      const bool digits = segment[0] == '[' && end != std::string_view::npos && end > 1 &&
                          segment.substr(1, end - 1).find_first_not_of("0123456789") == std::string_view::npos;
      if (!digits) return refuse("invalid index in key");
      out.emplace_back(segment.substr(0, end + 1));
      segment.remove_prefix(end + 1);
    }
  }
  return out;
}

}  // namespace tandem::format
