// The execution of templates.

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "config/template/functions.h"
#include "config/template/print.h"
#include "config/template/render.h"
#include "config/template/runes.h"
#include "config/template/syntax.h"

namespace tandem::templates {
namespace {

using NodeKind = Node::Kind;

// Each template that calls a template costs stack, as does each block and each parenthesis.
constexpr int kDeepestTemplate = 1000;
constexpr int kDeepestNesting = 4000;
// Where each takes more of the stack than usual (sanitizers), half of it is enough.
constexpr std::uintptr_t kMostStack = std::uintptr_t{4} * 1024 * 1024;

std::uintptr_t stack_pointer() { return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)); }

/// What follows a statement.
enum class Flow : std::uint8_t { kOn, kBreak, kContinue, kFailed };

/// The words after the function's or field's name, and the value that the pipe hands on.
struct Rest {
  std::span<const NodePtr> words;
  const Value* piped = nullptr;

  bool empty() const { return words.empty() && piped == nullptr; }
  std::size_t size() const { return words.size() + (piped == nullptr ? 0 : 1); }
};

class Execution {
 public:
  Execution(const Tree& tree, Rendering& rendering) : tree_(tree), rendering_(rendering) {
    for (std::size_t at = tree.text.find('\n'); at != std::string::npos; at = tree.text.find('\n', at + 1)) {
      newlines_.push_back(at);
    }
  }

  base::Result<Rendered> run(const Value& data);

 private:
  using Evaluated = std::optional<Value>;  // nothing: failed

  Flow walk(const Node& node, const Value& dot);
  Flow walk_list(const Node& node, const Value& dot);
  Flow walk_if_or_with(const Node& node, const Value& dot);
  Flow walk_range(const Node& node, const Value& dot);
  Flow walk_template(const Node& node, const Value& dot);
  Flow walk_action(const Node& node, const Value& dot);
  std::optional<bool> iterate(const Node& node, const Value& over, Flow& flow);
  Flow iteration(const Node& node, const Value& index, const Value& element, std::size_t mark);

  Evaluated pipeline(const Node& node, const Value& dot);
  Evaluated command(const Node& node, const Value& dot, const Value* piped);
  Evaluated literal(const Node& node, const Value& dot);
  Evaluated constant(const Node& node);
  Evaluated variable(const Node& node, const Value& dot, Rest rest);
  Evaluated chain(const Node& node, const Value& dot, Rest rest);
  Evaluated fields(const Node& node, const Value& dot, Value receiver, std::span<const std::string> names, Rest rest);
  Evaluated field(const Node& node, const Value& dot, const Value& receiver, const std::string& name, Rest rest);
  Evaluated call(const BuiltIn& function, const Node& node, const Value& dot, Rest rest,
                 const Value* receiver = nullptr);
  Evaluated shortcut(bool is_or, const Value& dot, Rest rest);
  bool count_fits(const BuiltIn& function, Rest rest, bool method);
  Evaluated argument(char parameter, const Node& node, const Value& dot);
  Evaluated literal_argument(char parameter, const Node& node, const Value& dot);
  Evaluated checked(char parameter, Value value);

  std::nullopt_t fail(std::string_view message);
  bool step();
  bool nest();
  void write(std::string_view text, std::size_t offset, bool source);
  Flow print(const Node& node, const Value& value);
  std::size_t line_of(std::size_t offset) const;
  Value* find_variable(std::string_view name);

  const Tree& tree_;
  Rendering& rendering_;
  Rendered out_;
  std::vector<std::size_t> newlines_;
  std::vector<std::pair<std::string_view, Value>> variables_;
  std::string_view template_;       // that is being executed
  std::size_t first_variable_ = 0;  // of that template
  const Node* node_ = nullptr;      // for error texts
  std::optional<base::Error> error_;
  int templates_ = 0;
  std::uintptr_t stack_begin_ = 0;
  int nesting_ = 0;
};

std::size_t Execution::line_of(std::size_t offset) const {
  return 1 + static_cast<std::size_t>(std::ranges::lower_bound(newlines_, offset) - newlines_.begin());
}

std::nullopt_t Execution::fail(std::string_view message) {
  if (error_) return std::nullopt;
  std::string location = tree_.name;
  if (node_ != nullptr) {
    const std::size_t line = line_of(node_->offset);
    const std::size_t begin = line < 2 ? 0 : newlines_[line - 2] + 1;
    location +=
        fmt::format(":{}:{}: executing {} at <{}>", line, node_->offset - begin, quoted(template_), text_of(*node_));
  }
  error_ = base::Error(base::ErrorKind::kInvalid, fmt::format("template: {}: {}", location, message));
  return std::nullopt;
}

/// False when what is to come is nested too deeply. (The stack grows downwards.)
bool Execution::nest() { return ++nesting_ <= kDeepestNesting && stack_begin_ - stack_pointer() <= kMostStack; }

bool Execution::step() {
  if (!rendering_.spend_steps(1)) fail("the template takes too long");
  return !error_;
}

/// `source`: the text stands so in the template, its lines follow each other there.
void Execution::write(std::string_view text, std::size_t offset, bool source) {
  if (out_.text.size() + text.size() > kLargestText) {
    fail(too_large().text());
    return;
  }
  if (text.empty()) return;
  auto line = static_cast<std::uint32_t>(line_of(offset));
  // A new line begins with what is written first in it.
  if (out_.lines.empty()) out_.lines.push_back(line);
  if (out_.text.ends_with('\n')) out_.lines.back() = line;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (source) ++line;
    out_.lines.push_back(line);
  }
  out_.text += text;
}

Value* Execution::find_variable(std::string_view name) {
  for (std::size_t i = variables_.size(); i > first_variable_; --i) {
    if (variables_[i - 1].first == name) return &variables_[i - 1].second;
  }
  fail(fmt::format("undefined variable: {}", name));
  return nullptr;
}

base::Result<Rendered> Execution::run(const Value& data) {
  const auto root = tree_.templates.find(tree_.name);
  template_ = tree_.name;
  stack_begin_ = stack_pointer();
  variables_.emplace_back("$", data);
  if (root != tree_.templates.end()) walk(*root->second, data);
  if (error_) return *std::move(error_);
  return std::move(out_);
}

Flow Execution::walk(const Node& node, const Value& dot) {
  if (!step()) return Flow::kFailed;
  node_ = &node;
  switch (node.kind) {
    case NodeKind::kList:
      return walk_list(node, dot);
    case NodeKind::kText:
      write(node.text, node.offset, true);
      return error_ ? Flow::kFailed : Flow::kOn;
    case NodeKind::kAction:
      return walk_action(node, dot);
    case NodeKind::kIf:
    case NodeKind::kWith:
      return walk_if_or_with(node, dot);
    case NodeKind::kRange:
      return walk_range(node, dot);
    case NodeKind::kTemplate:
      return walk_template(node, dot);
    case NodeKind::kBreak:
      return Flow::kBreak;
    case NodeKind::kContinue:
      return Flow::kContinue;
    default:
      return Flow::kOn;
  }
}

Flow Execution::walk_list(const Node& node, const Value& dot) {
  if (!nest()) fail("templates and blocks are nested too deeply");
  Flow flow = error_ ? Flow::kFailed : Flow::kOn;
  for (std::size_t i = 0; flow == Flow::kOn && i < node.children.size(); ++i) flow = walk(*node.children[i], dot);
  --nesting_;
  return flow;
}

Flow Execution::walk_action(const Node& node, const Value& dot) {
  const Evaluated value = pipeline(*node.pipe, dot);
  if (!value) return Flow::kFailed;
  return node.pipe->names.empty() ? print(node, *value) : Flow::kOn;
}

Flow Execution::print(const Node& node, const Value& value) {
  node_ = &node;
  if (value.is(Type::kString)) {
    write(value.text(), node.offset, false);
  } else if (value.absent()) {
    write(value.is(Type::kNone) ? "<no value>" : "<nil>", node.offset, false);
  } else {
    const auto text = shown(value);
    if (!text) fail(text.error().text());
    if (text) write(*text, node.offset, false);
  }
  return error_ ? Flow::kFailed : Flow::kOn;
}

Flow Execution::walk_if_or_with(const Node& node, const Value& dot) {
  const std::size_t mark = variables_.size();
  const Evaluated value = pipeline(*node.pipe, dot);
  if (!value) return Flow::kFailed;
  Flow flow = Flow::kOn;
  if (value->truth()) {
    flow = walk(*node.body, node.kind == NodeKind::kWith ? *value : dot);
  } else if (node.otherwise) {
    flow = walk(*node.otherwise, dot);
  }
  variables_.resize(mark);
  return flow;
}

Flow Execution::iteration(const Node& node, const Value& index, const Value& element, std::size_t mark) {
  const Node& pipe = *node.pipe;
  const std::size_t count = pipe.names.size();
  if (pipe.assigns) {
    for (std::size_t i = 0; i < count; ++i) {
      Value* variable = find_variable(pipe.names[i]);
      if (variable == nullptr) return Flow::kFailed;
      *variable = count > 1 && i == 0 ? index : element;
    }
  } else {
    if (count > 0) variables_[mark - 1].second = element;
    if (count > 1) variables_[mark - 2].second = index;
  }
  const Flow flow = walk(*node.body, element);
  variables_.resize(mark);
  return flow == Flow::kContinue ? Flow::kOn : flow;
}

/// False when there was nothing to iterate over, nothing when it failed.
std::optional<bool> Execution::iterate(const Node& node, const Value& over, Flow& flow) {
  const std::size_t mark = variables_.size();
  if (over.is_sequence()) {
    for (std::size_t i = 0; i < over.size() && flow == Flow::kOn; ++i) {
      flow = iteration(node, Value::of_int(static_cast<std::int64_t>(i)), over.at(i), mark);
    }
    return over.size() > 0;
  }
  if (over.is_map()) {
    // A copy: the body may change the dictionary.
    const std::map<std::string, Value, std::less<>> entries = over.fields().entries;
    if (!rendering_.spend_bytes(entries.size() * 2 * sizeof(Value))) return fail("the template takes too much memory");
    for (auto each = entries.begin(); each != entries.end() && flow == Flow::kOn; ++each) {
      flow = iteration(node, Value::of(each->first), each->second, mark);
    }
    return !entries.empty();
  }
  if (over.is_signed() || over.is_unsigned()) {
    const bool is_signed = over.is_signed();
    if (node.pipe->names.size() > 1) {
      return fail(fmt::format("can't use {} to iterate over more than one variable", shown(over).value_or("")));
    }
    const std::uint64_t end =
        is_signed ? static_cast<std::uint64_t>(std::max<std::int64_t>(over.integer(), 0)) : over.natural();
    for (std::uint64_t i = 0; i < end && flow == Flow::kOn; ++i) {
      const Value element =
          is_signed ? Value::of(static_cast<std::int64_t>(i), over.type()) : Value::of_unsigned(i, over.type());
      flow = iteration(node, {}, element, mark);
    }
    return end > 0;
  }
  if (over.is(Type::kNone)) return false;
  return fail(fmt::format("range can't iterate over {}", shown(over).value_or("")));
}

Flow Execution::walk_range(const Node& node, const Value& dot) {
  const std::size_t mark = variables_.size();
  const Evaluated over = pipeline(*node.pipe, dot);
  if (!over) return Flow::kFailed;
  Flow flow = Flow::kOn;
  const auto any = iterate(node, *over, flow);
  if (!any) return Flow::kFailed;
  if (flow == Flow::kBreak) flow = Flow::kOn;
  if (!*any && node.otherwise) flow = walk(*node.otherwise, dot);
  variables_.resize(mark);
  return flow;
}

Flow Execution::walk_template(const Node& node, const Value& dot) {
  const auto found = tree_.templates.find(node.text);
  if (found == tree_.templates.end()) {
    fail(fmt::format("template {} not defined", quoted(node.text)));
    return Flow::kFailed;
  }
  if (templates_ >= kDeepestTemplate) {
    fail(fmt::format("exceeded maximum template depth ({})", kDeepestTemplate));
    return Flow::kFailed;
  }
  // What the pipeline declares persists in the calling template.
  const Evaluated data = node.pipe ? pipeline(*node.pipe, dot) : Value();
  if (!data) return Flow::kFailed;
  const auto outer_template = std::exchange(template_, found->first);
  const std::size_t outer_first = std::exchange(first_variable_, variables_.size());
  variables_.emplace_back("$", *data);
  ++templates_;
  const Flow flow = walk(*found->second, *data);
  --templates_;
  variables_.resize(first_variable_);
  template_ = outer_template;
  first_variable_ = outer_first;
  return flow;
}

Execution::Evaluated Execution::pipeline(const Node& node, const Value& dot) {
  if (!nest()) return fail("templates and blocks are nested too deeply");
  node_ = &node;
  Value value;
  for (const NodePtr& each : node.children) {
    Evaluated next = command(*each, dot, each == node.children.front() ? nullptr : &value);
    if (!next) return std::nullopt;
    value = next->is(Type::kNil) ? Value() : *std::move(next);
  }
  for (const std::string& name : node.names) {
    if (!node.assigns) {
      variables_.emplace_back(name, value);
    } else if (Value* variable = find_variable(name)) {
      *variable = value;
    } else {
      return std::nullopt;
    }
  }
  --nesting_;
  return value;
}

Execution::Evaluated Execution::command(const Node& node, const Value& dot, const Value* piped) {
  if (!step()) return std::nullopt;
  const Node& first = *node.children.front();
  const Rest rest{std::span(node.children).subspan(1), piped};
  switch (first.kind) {
    case NodeKind::kField:
      node_ = &first;
      return fields(first, dot, dot, first.names, rest);
    case NodeKind::kChain:
      return chain(first, dot, rest);
    case NodeKind::kIdentifier:
      node_ = &first;
      return call(*first.function, node, dot, rest);
    case NodeKind::kVariable:
      return variable(first, dot, rest);
    default:
      break;
  }
  // A parenthesis is not looked at before it is known to stand alone.
  if (first.kind != NodeKind::kPipe) node_ = &first;
  if (!rest.empty()) return fail(fmt::format("can't give argument to non-function {}", text_of(first)));
  return first.kind == NodeKind::kNil ? fail("nil is not a command") : literal(first, dot);
}

/// Words that are values themselves.
Execution::Evaluated Execution::literal(const Node& node, const Value& dot) {
  node_ = &node;
  switch (node.kind) {
    case NodeKind::kPipe:
      return pipeline(node, dot);
    case NodeKind::kBool:
      return Value::of(node.truth);
    case NodeKind::kDot:
      return dot;
    case NodeKind::kNumber:
      return constant(node);
    case NodeKind::kString:
      return Value::of(node.unquoted);
    default:
      return fail(fmt::format("can't evaluate command {}", quoted(text_of(node))));
  }
}

Execution::Evaluated Execution::constant(const Node& node) {
  const Number& number = node.number;
  const std::string_view text = node.text;
  if (number.complex) return Value::complex(number.complex->first, number.complex->second);
  const bool hexadecimal = text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == 'x' &&
                           text.find_first_of("pP") == std::string_view::npos;
  if (number.real && !hexadecimal && text[0] != '\'' && text.find_first_of(".eEpP") != std::string_view::npos) {
    return Value::of(*number.real);
  }
  if (number.integer) return Value::of_int(*number.integer);
  return fail(fmt::format("{} overflows int", text));
}

Execution::Evaluated Execution::variable(const Node& node, const Value& dot, Rest rest) {
  node_ = &node;
  const Value* value = find_variable(node.names.front());
  if (value == nullptr) return std::nullopt;
  if (node.names.size() > 1) return fields(node, dot, *value, std::span(node.names).subspan(1), rest);
  if (!rest.empty()) return fail(fmt::format("can't give argument to non-function {}", text_of(node)));
  return *value;
}

Execution::Evaluated Execution::chain(const Node& node, const Value& dot, Rest rest) {
  node_ = &node;
  const Node& head = *node.children.front();
  Evaluated receiver = argument('v', head, dot);
  if (!receiver) return std::nullopt;
  return fields(node, dot, *std::move(receiver), node.names, rest);
}

Execution::Evaluated Execution::fields(const Node& node, const Value& dot, Value receiver,
                                       std::span<const std::string> names, Rest rest) {
  for (const std::string& name : names.first(names.size() - 1)) {
    Evaluated next = field(node, dot, receiver, name, {});
    if (!next) return std::nullopt;
    receiver = *std::move(next);
  }
  return field(node, dot, receiver, names.back(), rest);
}

Execution::Evaluated Execution::field(const Node& node, const Value& dot, const Value& receiver,
                                      const std::string& name, Rest rest) {
  if (receiver.is(Type::kNone)) return Value();
  if (receiver.is(Type::kNil)) return fail(fmt::format("nil pointer evaluating interface {{}}.{}", name));
  if (const BuiltIn* method = find_method(receiver, name)) return call(*method, node, dot, rest, &receiver);
  const bool structure = receiver.is(Type::kStruct);
  if (receiver.is_map() || structure) {
    const auto found = receiver.fields().entries.find(name);
    if (structure && found == receiver.fields().entries.end()) {
      return fail(fmt::format("can't evaluate field {} in type {}", name, type_name(receiver)));
    }
    if (!rest.empty()) {
      return fail(fmt::format(fmt::runtime(structure ? "{} has arguments but cannot be invoked as function"
                                                     : "{} is not a method but has arguments"),
                              name));
    }
    return found == receiver.fields().entries.end() ? Value() : found->second;
  }
  return fail(fmt::format("can't evaluate field {} in type {}", name, static_type_name(receiver)));
}

bool Execution::count_fits(const BuiltIn& function, Rest rest, bool method) {
  const std::size_t skipped = method ? 1 : 0;
  const std::string_view parameters = function.parameters.substr(skipped);
  if (parameters.ends_with('*')) {
    const std::size_t least = parameters.size() - 2;
    if (rest.size() >= least) return true;
    fail(fmt::format("wrong number of args for {}: want at least {} got {}", function.name, least, rest.words.size()));
    return false;
  }
  if (rest.size() == parameters.size()) return true;
  fail(fmt::format("wrong number of args for {}: want {} got {}", function.name, parameters.size(), rest.size()));
  return false;
}

Execution::Evaluated Execution::shortcut(bool is_or, const Value& dot, Rest rest) {
  Value value;
  for (const NodePtr& word : rest.words) {
    Evaluated next = argument('v', *word, dot);
    if (!next) return std::nullopt;
    value = *std::move(next);
    if (value.truth() == is_or) return value;
  }
  return rest.piped == nullptr ? value : *rest.piped;
}

Execution::Evaluated Execution::call(const BuiltIn& function, const Node& node, const Value& dot, Rest rest,
                                     const Value* receiver) {
  if (!count_fits(function, rest, receiver != nullptr)) return std::nullopt;
  if (receiver == nullptr && (function.name == "and" || function.name == "or")) {
    return shortcut(function.name == "or", dot, rest);
  }
  const bool open = function.parameters.ends_with('*');
  const std::size_t last = function.parameters.size() - (open ? 2 : 1);
  const auto parameter = [&](std::size_t index) { return function.parameters[std::min(index, last)]; };
  std::vector<Value> arguments;
  arguments.reserve(rest.size() + 1);
  if (receiver != nullptr) arguments.push_back(*receiver);
  for (const NodePtr& word : rest.words) {
    Evaluated value = argument(parameter(arguments.size()), *word, dot);
    if (!value) return std::nullopt;
    arguments.push_back(*std::move(value));
  }
  if (rest.piped != nullptr) {
    Evaluated value = checked(parameter(arguments.size()), *rest.piped);
    if (!value) return std::nullopt;
    arguments.push_back(*std::move(value));
  }
  Call made{arguments, rendering_};
  Outcome outcome = call_function(function, made);
  if (outcome) return *std::move(outcome);
  node_ = &node;
  return fail(fmt::format("error calling {}: {}", function.name, outcome.error().text()));
}

Execution::Evaluated Execution::checked(char parameter, Value value) {
  if (parameter == 'v') return value;
  if (value.is(Type::kNone)) {
    if (may_be_nil(parameter)) return Value::nil();
    return fail(fmt::format("invalid value; expected {}", parameter_type(parameter)));
  }
  if (accepts(parameter, value)) return value;
  return fail(
      fmt::format("wrong type for value; expected {}; got {}", parameter_type(parameter), static_type_name(value)));
}

Execution::Evaluated Execution::argument(char parameter, const Node& node, const Value& dot) {
  if (!step()) return std::nullopt;
  node_ = &node;
  Evaluated value;
  switch (node.kind) {
    case NodeKind::kDot:
      return checked(parameter, dot);
    case NodeKind::kNil:
      if (may_be_nil(parameter)) return parameter == 'v' ? Value() : Value::nil();
      return fail(fmt::format("cannot assign nil to {}", parameter_type(parameter)));
    case NodeKind::kField:
      value = fields(node, dot, dot, node.names, {});
      break;
    case NodeKind::kVariable:
      value = variable(node, dot, {});
      break;
    case NodeKind::kPipe:
      value = pipeline(node, dot);
      break;
    case NodeKind::kIdentifier:
      value = call(*node.function, node, dot, {});
      break;
    case NodeKind::kChain:
      value = chain(node, dot, {});
      break;
    default:
      return literal_argument(parameter, node, dot);
  }
  return value ? checked(parameter, *std::move(value)) : std::nullopt;
}

Execution::Evaluated Execution::literal_argument(char parameter, const Node& node, const Value& dot) {
  const bool number = node.kind == NodeKind::kNumber;
  switch (parameter) {
    case 'a':
    case 'v':
      return literal(node, dot);
    case 's':
      if (node.kind == NodeKind::kString) return Value::of(node.unquoted);
      return fail(fmt::format("expected string; found {}", text_of(node)));
    case 'b':
      if (node.kind == NodeKind::kBool) return Value::of(node.truth);
      return fail(fmt::format("expected bool; found {}", text_of(node)));
    case 'i':
      if (number && node.number.integer) return Value::of_int(*node.number.integer);
      return fail(fmt::format("expected integer; found {}", text_of(node)));
    case 'u':
      if (number && node.number.natural) return Value::of_unsigned(*node.number.natural, Type::kUint);
      return fail(fmt::format("expected unsigned integer; found {}", text_of(node)));
    case 'f':
      if (number && node.number.real) return Value::of(*node.number.real);
      return fail(fmt::format("expected float; found {}", text_of(node)));
    default:
      return fail(fmt::format("can't handle {} for arg of type {}", text_of(node), parameter_type(parameter)));
  }
}

}  // namespace

std::uint32_t Rendered::source_line(std::uint32_t line) const {
  if (line == 0 || lines.empty()) return line;
  return lines[std::min<std::size_t>(line, lines.size()) - 1];
}

bool has_actions(std::string_view text) { return text.contains("{{"); }

base::Result<Template> Template::parse(std::string name, std::string_view text) {
  auto tree = parse_template(std::move(name), text);
  if (!tree) return tree.error();
  return Template(std::make_shared<const Tree>(*std::move(tree)));
}

base::Result<Rendered> Template::render(const Value& data, const Surroundings& surroundings) const {
  Rendering rendering(surroundings);
  return Execution(*tree_, rendering).run(rendering.heap().adopt(data));
}

}  // namespace tandem::templates
