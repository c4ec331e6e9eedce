#include "config/format/flags.h"

#include <map>

#include "config/format/key_tree.h"

namespace tandem::format {

namespace {

base::Error invalid(std::string message) { return {base::ErrorKind::kInvalid, std::move(message)}; }

struct Flag {
  std::string name;
  std::string value;
  bool has_value = false;
};

/// Takes "--name=value" apart.
base::Result<Flag> split_flag(std::string_view word) {
  std::string_view body = word;
  body.remove_prefix(body.starts_with("--") ? 2 : 1);
  if (body.empty() || body[0] == '-' || body[0] == '=') return invalid("bad flag syntax: " + std::string(word));
  const auto equals = body.find('=');
  Flag flag;
  flag.name = body.substr(0, equals);
  flag.has_value = equals != std::string_view::npos;
  if (flag.has_value) flag.value = body.substr(equals + 1);
  return flag;
}

}  // namespace

base::Result<Flags> parse_flags(std::span<const std::string> arguments, const Schema& schema) {
  std::map<std::string, std::string> values;  // in byte order: the first of two spellings of a name stays
  std::size_t next = 0;
  for (; next < arguments.size(); ++next) {
    const std::string_view word = arguments[next];
    if (word.size() < 2 || word[0] != '-') break;
    if (word == "--") {
      ++next;
      break;
    }
    auto flag = split_flag(word);
    if (!flag) return flag.error();
    const auto path = split_key(flag->name, '.');
    if (!path) return path.error();
    const Schema* option = schema.at(*path);
    const bool switch_like =
        option != nullptr && (option->kind == Schema::Kind::kBool || option->kind == Schema::Kind::kSection);
    if (!flag->has_value) {
      if (switch_like) {
        flag->value = "true";
      } else {
        if (next + 1 >= arguments.size()) return invalid("flag needs an argument: -" + flag->name);
        flag->value = arguments[++next];
      }
    }
    const auto [entry, fresh] = values.try_emplace(flag->name, flag->value);
    if (fresh) continue;
    const bool list = option != nullptr && option->kind == Schema::Kind::kList;
    if (list)
      entry->second.append(",").append(flag->value);
    else
      entry->second = flag->value;
  }
  KeyTree tree;
  for (const auto& [name, value] : values) {
    const auto source = std::make_shared<const std::string>("flag --" + name);
    if (auto done = tree.insert(*split_key(name, '.'), value, source); !done) return done.error();
  }
  return Flags{std::move(tree).take(), {arguments.begin() + static_cast<std::ptrdiff_t>(next), arguments.end()}};
}

}  // namespace tandem::format
