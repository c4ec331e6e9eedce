#include "config/format/toml.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "base/text.h"
#include "config/format/source.h"

// toml++ 3.3 asserts things about its input that bad input breaks ("[[,]]"); with NDEBUG it even tells the compiler to
// rely on them. Here a broken assertion is an exception in every build, for which the parser must be compiled here and
// not be the one of the system's shared library.
namespace tandem::format {
namespace {
struct BrokenAssertion : std::logic_error {
  BrokenAssertion() : std::logic_error("invalid syntax") {}
};
}  // namespace
}  // namespace tandem::format
#undef NDEBUG
#undef TOML_SHARED_LIB
#undef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 1
#define TOML_ASSERT(expression)                                   \
  do {                                                            \
    if (!(expression)) throw ::tandem::format::BrokenAssertion(); \
  } while (false)
// Asked about characters that may not stand where they stand, it runs into __builtin_unreachable.
// clang-format off
#include <toml++/impl/preprocessor.h>
#include <toml++/impl/forward_declarations.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE return false
#include <toml++/impl/unicode.h>
#undef TOML_UNREACHABLE
#define TOML_UNREACHABLE throw ::tandem::format::BrokenAssertion()
#include <toml++/toml.h>
// clang-format on

namespace tandem::format {

namespace {

/// Dots in one key that are accepted. The parser limits the nesting of values, but not the length of keys, and frees
/// its tables recursively.
constexpr std::size_t kMaxDots = 24;

/// Offset behind the string that starts at `start`, or of the end of line that breaks it off.
std::size_t end_of_string(std::string_view text, std::size_t start) {
  const char quote = text[start];
  const std::string three(3, quote);
  const bool multi_line = text.substr(start).starts_with(three);
  std::size_t at = start + (multi_line ? 3 : 1);
  while (at < text.size()) {
    if (multi_line && text.substr(at).starts_with(three)) {
      at += 3;
      // Up to two quotes may stand before the closing three.
      for (int i = 0; i < 2 && at < text.size() && text[at] == quote; ++i) ++at;
      return at;
    }
    if (!multi_line && text[at] == quote) return at + 1;
    if (!multi_line && text[at] == '\n') return at;
    at += quote == '"' && text[at] == '\\' ? 2 : 1;
  }
  return text.size();
}

/// Offset of the key that is too long; npos when there is none. Knows just enough of TOML to skip strings and comments.
std::size_t find_long_key(std::string_view text) {
  std::size_t dots = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
      dots = 0;
    } else if (c == '"' || c == '\'') {
      i = end_of_string(text, i) - 1;
    } else if (c == '.') {
      if (++dots > kMaxDots) return i;
    } else if (std::string_view("=,{}[]\n").find(c) != std::string_view::npos) {
      dots = 0;
    }
  }
  return std::string_view::npos;
}

/// The line that breaks an assertion: the shortest run of lines from the start that does, found by halving.
std::uint32_t line_of_assertion(std::string_view text) {
  const auto lines = base::split(text, '\n');
  const auto breaks = [&](std::size_t count) {
    const auto end = static_cast<std::size_t>(lines[count - 1].data() + lines[count - 1].size() - text.data());
    try {
      (void)toml::parse(text.substr(0, end));
    } catch (const BrokenAssertion&) {
      return true;
    } catch (const toml::parse_error&) {
      return false;
    }
    return false;
  };
  std::size_t good = 0, bad = lines.size();
  while (bad - good > 1) {
    const std::size_t middle = good + (bad - good) / 2;
    (breaks(middle) ? bad : good) = middle;
  }
  return static_cast<std::uint32_t>(bad);
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
  } catch (const BrokenAssertion& error) {
    return error_at({source, line_of_assertion(*checked)}, error.what());
  } catch (const std::exception& error) {
    return error_at({source}, error.what());
  }
}

}  // namespace tandem::format
