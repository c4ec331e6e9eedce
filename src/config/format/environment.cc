#include "config/format/environment.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/text.h"
#include "config/format/key_tree.h"

namespace tandem::format {

base::Result<Value> parse_environment(std::span<const std::string> variables, const Schema& schema) {
  constexpr std::array<std::string_view, 2> kPrefixes{"TRAEFIK_", "TANDEM_"};  // the later one wins
  KeyTree tree;
  bool any = false;
  for (const auto prefix : kPrefixes) {
    std::map<std::string_view, std::string_view> named;  // in byte order of names
    for (const std::string_view variable : variables) {
      const auto equals = variable.find('=');
      if (equals == std::string_view::npos || !variable.starts_with(prefix)) continue;
      const auto name = variable.substr(0, equals);
      const bool known = std::ranges::any_of(schema.fields, [&](const Schema::Field& field) {
        return name.substr(prefix.size()).starts_with(base::upper_case(field.name));
      });
      if (known) named[name] = variable.substr(equals + 1);
    }
    for (const auto& [name, value] : named) {
      std::string key = base::lower_case(name.substr(prefix.size()));
      std::ranges::replace(key, '_', '.');
      const auto source = std::make_shared<const std::string>(name);
      const auto path = split_key(key, '.');
      if (!path) return error_at({source}, path.error().message());
      if (auto done = tree.insert(*path, value, source); !done) return done.error();
      any = true;
    }
  }
  return any ? std::move(tree).take() : Value{};
}

}  // namespace tandem::format
