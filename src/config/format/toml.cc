#include "config/format/toml.h"

#include <toml++/toml.h>
#include <sstream>

#include "config/format/source.h"

namespace tandem::format {

namespace {

/// Dots in one key that are accepted. The parser limits the nesting of values, but not the length of keys, and frees
/// its tables recursively.
constexpr std::size_t kMaxDots = 24;

/// Offset of the key that is too long; npos when there is none. Knows just enough of TOML to skip strings and comments.
std::size_t find_long_key(std::string_view text) {
  std::size_t dots = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
      dots = 0;
    } else if (c == '"' || c == '\'') {
      const bool multi_line = text.substr(i).starts_with(std::string(3, c));
      const std::size_t quotes = multi_line ? 3 : 1;
      std::size_t at = i + quotes;
      while (at < text.size() &&
             !text.substr(at).starts_with(std::string_view("\"\"\"'''").substr(c == '"' ? 0 : 3, quotes))) {
        if (!multi_line && text[at] == '\n') break;
        at += c == '"' && text[at] == '\\' ? 2 : 1;
      }
      i = at + quotes - 1;
    } else if (c == '.') {
      if (++dots > kMaxDots) return i;
    } else if (std::string_view("=,{}[]\n").find(c) != std::string_view::npos) {
      dots = 0;
    }
  }
  return std::string_view::npos;
}

class Converter {
 public:
  explicit Converter(SourceName source) : source_(std::move(source)) {}

  base::Result<Value> convert(const toml::node& node, std::size_t depth) const {
    const Position position{source_, node.source().begin.line, node.source().begin.column};
    if (depth > kMaxDepth) return error_at(position, "nested too deeply");
    if (const auto* table = node.as_table()) return convert_table(*table, position, depth);
    if (const auto* array = node.as_array()) {
      Array out;
      for (const auto& element : *array) {
        auto value = convert(element, depth + 1);
        if (!value) return value;
        out.push_back(*std::move(value));
      }
      return Value{std::move(out), position};
    }
    if (const auto* text = node.as_string()) return Value{text->get(), position};
    if (const auto* number = node.as_integer()) return Value{number->get(), position};
    if (const auto* number = node.as_floating_point()) return Value{number->get(), position};
    if (const auto* boolean = node.as_boolean()) return Value{boolean->get(), position};
    std::ostringstream text;  // dates and times
    node.visit([&text](const auto& any) {
      if constexpr (toml::is_value<decltype(any)>) text << any.get();
    });
    return Value{text.str(), position};
  }

 private:
  base::Result<Value> convert_table(const toml::table& table, const Position& position, std::size_t depth) const {
    Object out;
    for (const auto& [name, member] : table) {
      auto value = convert(member, depth + 1);
      if (!value) return value;
      // A message about a member should point at its key, not at the text after "=".
      const auto& at = name.source().begin;
      out.push_back({std::string(name.str()), *std::move(value)});
      if (at.line > 0 && !member.is_table()) {
        auto& last = out.back().value;
        last = Value{std::move(last.data()), Position{source_, at.line, at.column}};
      }
    }
    return Value{std::move(out), position};
  }

  SourceName source_;
};

}  // namespace

base::Result<Value> parse_toml(std::string_view text, std::string source_name) {
  const auto source = std::make_shared<const std::string>(std::move(source_name));
  const auto checked = checked_text(text, source);
  if (!checked) return checked.error();
  if (const auto at = find_long_key(*checked); at != std::string_view::npos) {
    return error_at(position_of(source, *checked, at), "nested too deeply");
  }
  try {
    return Converter(source).convert(toml::parse(*checked), 1);
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    return error_at({source, at.line, at.column}, error.description());
  } catch (const std::exception& error) {
    return error_at({source}, error.what());
  }
}

}  // namespace tandem::format
