#include "config/format/schema.h"

#include <algorithm>

#include "base/text.h"

namespace tandem::format {

const Schema::Field* Schema::field(std::string_view name) const {
  const auto named = [name](const std::string& other) { return base::equal_ignoring_case(other, name); };
  for (const auto& each : fields) {
    if (named(each.name) || std::ranges::any_of(each.aliases, named)) return &each;
  }
  return nullptr;
}

const Schema* Schema::at(const std::vector<std::string>& path) const {
  const Schema* schema = this;
  for (const auto& segment : path) {
    switch (schema->kind) {
      case Kind::kAny:
        return schema;
      case Kind::kList:
      case Kind::kMap:
        schema = &schema->element();
        break;
      case Kind::kSection: {
        const Field* next = schema->field(segment);
        if (next == nullptr) return nullptr;
        schema = &next->schema();
        break;
      }
      default:
        return nullptr;
    }
  }
  return schema;
}

Value only_known_roots(Value tree, const Schema& schema, std::vector<std::string>& dropped) {
  if (Object* members = tree.object()) {
    std::erase_if(*members, [&](const Member& member) {
      if (schema.field(member.name) != nullptr) return false;
      dropped.push_back(member.name);
      return true;
    });
  }
  return tree;
}

}  // namespace tandem::format
