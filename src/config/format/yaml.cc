#include "config/format/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>
#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/text.h"
#include "config/format/scalar.h"
#include "config/format/source.h"

namespace tandem::format {

namespace {

/// What aliases may expand to, so that a few lines cannot fill the memory ("billion laughs").
constexpr std::size_t kMaxExpandedNodes = 200'000;
constexpr std::size_t kMaxExpandedBytes = kMaxText;

/// Go's ParseInt with base 0 after yaml.v3 dropped the underscores: 0x, 0o, 0b, and a bare leading zero is octal.
std::optional<Value::Data> read_integer(std::string_view plain) {
  std::string digits;
  for (const char c : plain) {
    if (c != '_') digits += c;
  }
  std::string_view rest = digits;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  int base = 10;
  if (rest.size() > 1 && rest[0] == '0') {
    const char mark = rest[1];
    base = mark == 'x' || mark == 'X' ? 16 : mark == 'b' || mark == 'B' ? 2 : 8;
    const bool marked = base != 8 || mark == 'o' || mark == 'O';
    rest.remove_prefix(marked ? 2 : 1);
  }
  if (rest.empty()) return std::nullopt;
  std::uint64_t magnitude = 0;
  const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), magnitude, base);
  if (end != rest.data() + rest.size() || rest[0] == '-') return std::nullopt;
  const std::uint64_t limit = std::uint64_t{1} << 63;
  if (code != std::errc{} || magnitude > (negative ? limit : limit - 1)) {
    // Too large for an integer: kept as it is, so that the decoder can say so, or take it where a text is wanted.
    if (base == 10) return Value::Text{digits};
    return std::nullopt;
  }
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

bool looks_like_float(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  bool digit = false;
  const auto skip_digits = [&] {
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
      digit = true;
      text.remove_prefix(1);
    }
  };
  skip_digits();
  if (text.starts_with('.')) text.remove_prefix(1);
  skip_digits();
  if (!digit) return false;
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// What an unquoted word means (yaml.v3: YAML 1.2 booleans, YAML 1.1 numbers).
Value::Data resolved(const std::string& text) {
  for (const std::string_view yes : {"true", "True", "TRUE"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"false", "False", "FALSE"}) {
    if (text == no) return false;
  }
  for (const std::string_view none : {"", "~", "null", "Null", "NULL"}) {
    if (text == none) return Value::Null{};
  }
  for (const std::string_view infinity : {".inf", ".Inf", ".INF"}) {
    const double large = std::numeric_limits<double>::infinity();
    if (text == infinity || (text.starts_with('+') && text.substr(1) == infinity)) return large;
    if (text.starts_with('-') && text.substr(1) == infinity) return -large;
  }
  for (const std::string_view none : {".nan", ".NaN", ".NAN"}) {
    if (text == none) return std::numeric_limits<double>::quiet_NaN();
  }
  if (std::string_view("+-.0123456789").find(text[0]) == std::string_view::npos) return text;
  if (auto number = read_integer(text)) return *std::move(number);
  if (looks_like_float(text)) {
    if (const auto number = parse_float(text)) return *number;
  }
  return text;
}

/// An error that stops the parser: its event interface has no other way out. Never leaves this file.
struct Refused {
  base::Error error;
};

class Builder : public YAML::EventHandler {
 public:
  /// REQUIRES: `text` outlives the builder.
  Builder(SourceName source, std::string_view text) : source_(std::move(source)), lines_(base::split(text, '\n')) {}

  Value take() && {
    check_quote();
    return std::move(root_);
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (!open_.empty() && open_.back().block && open_.back().key) check_colon(open_.back());
    add({Value::Null{}, at(mark)}, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    static constexpr std::string_view kCore = "tag:yaml.org,2002:";
    std::string_view kind = tag;
    if (kind.starts_with(kCore)) kind.remove_prefix(kCore.size());
    const bool plain =
        kind == "?" || kind.empty() || kind == "int" || kind == "float" || kind == "bool" || kind == "null";
    if (!plain) last_quoted_ = at(mark);
    add({plain ? resolved(text) : Value::Data(text), at(mark)}, anchor, plain && text == "<<");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) refuse(at(mark), "an anchor contains itself");
    count(found->second, at(mark));
    if (depth(found->second) + open_.size() > kMaxDepth) refuse(at(mark), "nested too deeply");
    add(found->second, YAML::NullAnchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open({Array{}, at(mark)}, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open({Object{}, at(mark)}, anchor, style == YAML::EmitterStyle::Block);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Value value;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::optional<std::string> key;  // of a mapping, waiting for its value
    Position key_position;
    bool block = false;  // a mapping of lines, not of braces
    bool merge = false;
    std::vector<Value> merged;                            // what "<<" named, in order
    std::unordered_map<std::string, std::uint32_t> seen;  // key → line
  };

  Position at(const YAML::Mark& mark) const {
    return {source_, static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
  }

  [[noreturn]] static void refuse(const Position& where, std::string_view reason) {
    throw Refused{error_at(where, reason)};
  }

  /// The parser takes a line without a colon for a key without value, which would hide a slip of the pen.
  void check_colon(const Open& mapping) const {
    const auto& where = mapping.key_position;
    if (where.line == 0 || where.line > lines_.size()) return;
    const auto line = lines_[where.line - 1];
    const auto key_end = where.column - 1 + mapping.key->size();
    if (line.find(':', std::min(key_end, line.size())) == std::string_view::npos) {
      refuse(where, "could not find expected ':'");
    }
  }

  /// The parser takes the end of the text for the end of a quoted one: the last of them must be closed.
  void check_quote() const {
    if (last_quoted_.line == 0 || last_quoted_.line > lines_.size()) return;
    std::string_view rest = lines_[last_quoted_.line - 1];
    rest.remove_prefix(std::min<std::size_t>(last_quoted_.column - 1, rest.size()));
    while (rest.starts_with('!') || rest.starts_with('&')) {  // tag and anchor
      rest.remove_prefix(std::min(rest.find(' '), rest.size()));
      rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    }
    if (!rest.starts_with('"') && !rest.starts_with('\'')) return;
    const char quote = rest.front();
    rest.remove_prefix(1);
    for (std::size_t line = last_quoted_.line;; rest = lines_[line++]) {
      for (std::size_t i = 0; i < rest.size(); ++i) {
        const bool doubled = quote == '\'' && rest.substr(i).starts_with("''");
        if (doubled || (quote == '"' && rest[i] == '\\')) {
          ++i;
        } else if (rest[i] == quote) {
          return;
        }
      }
      if (line == lines_.size()) break;
    }
    refuse(last_quoted_, "found unexpected end of stream: a quote is not closed");
  }

  void open(Value value, YAML::anchor_t anchor, bool block = false) {
    if (open_.size() >= kMaxDepth) refuse(value.position(), "nested too deeply");
    if (!open_.empty() && open_.back().value.object() != nullptr && !has_key()) {
      refuse(value.position(), "a mapping key must be a scalar (or a bracket is not closed)");
    }
    open_.push_back({.value = std::move(value), .anchor = anchor, .block = block});
  }

  bool has_key() const { return open_.back().key.has_value() || open_.back().merge; }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (Object* members = done.value.object()) merge_into(*members, done);
    add(std::move(done.value), done.anchor);
  }

  /// Keys of the mapping itself win over merged ones, earlier merged mappings over later ones.
  static void merge_into(Object& members, Open& done) {
    for (Value& from : done.merged) {
      for (auto& [name, value] : *from.object()) {
        if (done.seen.try_emplace(name, 0).second) members.push_back({name, std::move(value)});
      }
    }
  }

  void add(Value value, YAML::anchor_t anchor, bool merge_key = false) {
    if (anchor != YAML::NullAnchor) {
      count(value, value.position());
      anchors_[anchor] = value;
    }
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (Array* elements = parent.value.array()) {
      elements->push_back(std::move(value));
    } else if (!has_key()) {
      take_key(parent, value, merge_key);
    } else if (parent.merge) {
      take_merge(parent, std::move(value));
    } else {
      // A message about a scalar should point at its key.
      parent.value.object()->push_back({*std::move(parent.key), {std::move(value.data()), parent.key_position}});
      parent.key.reset();
    }
  }

  static void take_key(Open& parent, const Value& key, bool merge_key) {
    if (merge_key) {
      parent.merge = true;
      return;
    }
    const auto& data = key.data();
    std::string name;
    if (const auto* text = std::get_if<std::string>(&data))
      name = *text;
    else if (const auto* word = std::get_if<Value::Text>(&data))
      name = word->text;
    else if (const auto* number = std::get_if<std::int64_t>(&data))
      name = std::to_string(*number);
    else if (const auto* real = std::get_if<double>(&data))
      name = format_float(*real);
    else if (const auto* boolean = std::get_if<bool>(&data))
      name = *boolean ? "true" : "false";
    else
      refuse(key.position(), "a mapping key must be a scalar");
    const auto [entry, fresh] = parent.seen.try_emplace(name, key.position().line);
    if (!fresh) {
      refuse(key.position(), "mapping key \"" + name + "\" already defined at line " + std::to_string(entry->second));
    }
    parent.key = std::move(name);
    parent.key_position = key.position();
  }

  static void take_merge(Open& parent, Value value) {
    parent.merge = false;
    if (value.object() != nullptr) {
      parent.merged.push_back(std::move(value));
      return;
    }
    Array* list = value.array();
    if (list == nullptr) refuse(value.position(), "map merge requires map or sequence of maps as the value");
    for (Value& each : *list) {
      if (each.object() == nullptr) {
        refuse(each.position(), "map merge requires map or sequence of maps as the value");
      }
      parent.merged.push_back(std::move(each));
    }
  }

  /// How many levels of lists and mappings a value has.
  static std::size_t depth(const Value& value) {
    std::size_t deepest = 0;
    if (const Array* elements = value.array()) {
      for (const auto& element : *elements) deepest = std::max(deepest, depth(element));
      return deepest + 1;
    }
    if (const Object* members = value.object()) {
      for (const auto& member : *members) deepest = std::max(deepest, depth(member.value));
      return deepest + 1;
    }
    return 0;
  }

  /// Adds the size of a copy, kept for an anchor or made for an alias, to what was copied so far.
  void count(const Value& value, const Position& where) {
    std::size_t bytes = 0;
    if (const auto* text = std::get_if<std::string>(&value.data())) bytes = text->size();
    if (++nodes_ > kMaxExpandedNodes || (bytes_ += bytes) > kMaxExpandedBytes) {
      refuse(where, "aliases expand to too much");
    }
    if (const Array* elements = value.array()) {
      for (const auto& element : *elements) count(element, where);
    } else if (const Object* members = value.object()) {
      for (const auto& member : *members) {
        bytes_ += member.name.size();
        count(member.value, where);
      }
    }
  }

  SourceName source_;
  std::vector<std::string_view> lines_;
  Value root_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Value> anchors_;
  Position last_quoted_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

base::Result<Value> parse_yaml(std::string_view text, std::string source_name) {
  const auto source = std::make_shared<const std::string>(std::move(source_name));
  const auto checked = checked_text(text, source);
  if (!checked) return checked.error();
  try {
    std::istringstream stream{std::string(*checked)};
    YAML::Parser parser(stream);
    Builder builder(source, *checked);
    if (!parser.HandleNextDocument(builder)) return Value{Value::Null{}, {source, 1, 1}};
    return std::move(builder).take();
  } catch (const Refused& refused) {
    return refused.error;
  } catch (const YAML::Exception& error) {
    if (error.mark.is_null()) return error_at({source}, error.msg);
    return error_at(
        {source, static_cast<std::uint32_t>(error.mark.line + 1), static_cast<std::uint32_t>(error.mark.column + 1)},
        error.msg);
  } catch (const std::exception& error) {
    return error_at({source}, error.what());
  }
}

}  // namespace tandem::format
