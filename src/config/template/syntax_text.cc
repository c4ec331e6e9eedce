#include "config/template/syntax.h"

namespace tandem::templates {
namespace {

std::string joined_names(const std::vector<std::string>& names, std::size_t first) {
  std::string text;
  for (std::size_t i = first; i < names.size(); ++i) text.append(".").append(names[i]);
  return text;
}

std::string text_of_command(const Node& node) {
  std::string text;
  for (const NodePtr& word : node.children) {
    if (!text.empty()) text += ' ';
    text += word->kind == Node::Kind::kPipe ? "(" + text_of(*word) + ")" : text_of(*word);
  }
  return text;
}

std::string text_of_pipe(const Node& node) {
  std::string text;
  for (const std::string& name : node.names) text.append(text.empty() ? "" : ", ").append(name);
  if (!node.names.empty()) text += node.assigns ? " = " : " := ";
  for (const NodePtr& command : node.children) {
    if (command != node.children.front()) text += " | ";
    text += text_of(*command);
  }
  return text;
}

std::string text_of_control(std::string_view word, const Node& node) {
  std::string text = "{{" + std::string(word) + " " + text_of(*node.pipe) + "}}" + text_of(*node.body);
  if (node.otherwise) text += "{{else}}" + text_of(*node.otherwise);
  return text + "{{end}}";
}

}  // namespace

std::string text_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kList: {
      std::string text;
      for (const NodePtr& each : node.children) text += text_of(*each);
      return text;
    }
    case Node::Kind::kAction:
      return "{{" + text_of(*node.pipe) + "}}";
    case Node::Kind::kIf:
      return text_of_control("if", node);
    case Node::Kind::kRange:
      return text_of_control("range", node);
    case Node::Kind::kWith:
      return text_of_control("with", node);
    case Node::Kind::kTemplate:
      return "{{template \"" + node.text + "\"" + (node.pipe ? " " + text_of(*node.pipe) : "") + "}}";
    case Node::Kind::kBreak:
      return "{{break}}";
    case Node::Kind::kContinue:
      return "{{continue}}";
    case Node::Kind::kEnd:
      return "{{end}}";
    case Node::Kind::kElse:
      return "{{else}}";
    case Node::Kind::kPipe:
      return text_of_pipe(node);
    case Node::Kind::kCommand:
      return text_of_command(node);
    case Node::Kind::kBool:
      return node.truth ? "true" : "false";
    case Node::Kind::kChain: {
      const Node& head = *node.children.front();
      const bool pipe = head.kind == Node::Kind::kPipe;
      return (pipe ? "(" + text_of(head) + ")" : text_of(head)) + joined_names(node.names, 0);
    }
    case Node::Kind::kDot:
      return ".";
    case Node::Kind::kField:
      return joined_names(node.names, 0);
    case Node::Kind::kNil:
      return "nil";
    case Node::Kind::kVariable:
      return node.names.front() + joined_names(node.names, 1);
    case Node::Kind::kText:
    case Node::Kind::kIdentifier:
    case Node::Kind::kNumber:
    case Node::Kind::kString:
      return node.text;
  }
  return {};
}

}  // namespace tandem::templates
