// Fuzzes the rule language: no text may crash or hang it, and every tree keeps what syntax.h promises.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/rule/syntax.h"
#include "config/rule/template.h"

namespace {

using tandem::rule::Node;

void require(bool holds) {
  if (!holds) std::abort();
}

void require_sound(const Node& node, int depth) {
  require(depth < 4 * tandem::rule::kMaxRuleDepth);
  if (node.kind == Node::Kind::kMatcher) {
    require(!node.matcher.name.empty() && !node.matcher.arguments.empty() && node.children.empty());
    for (const auto& argument : node.matcher.arguments) require(!argument.empty());
    return;
  }
  require(!node.negated && node.children.size() >= 2);
  for (const Node& child : node.children) require_sound(child, depth + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace tandem::rule;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  for (const Syntax syntax : {Syntax::kV2, Syntax::kV3}) {
    for (const auto& tree : {parse_http(text, syntax), parse_tcp(text, syntax)}) {
      if (!tree) {
        require(!tree.error().text().empty());
        continue;
      }
      require_sound(*tree, 0);
      (void)domains(*tree);
      (void)to_text(*tree);
    }
  }
  (void)host_template_to_regex(text);
  (void)path_template_to_regex(text, true);
  (void)query_template_to_regex(text);
  return 0;
}
