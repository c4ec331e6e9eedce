#pragma once

// Templates as trees. Parsing takes the text of one file and yields all templates that it defines.
// Any thread; the caller owns the tree.

#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tandem::templates {

struct BuiltIn;

/// What a number literal can be taken for.
struct Number {
  std::optional<std::int64_t> integer;
  std::optional<std::uint64_t> natural;
  std::optional<double> real;
  std::optional<std::pair<double, double>> complex;
};

/// Go's reading of a number or a character constant; an error says why it is none.
base::Result<Number> parse_number(std::string_view text);

struct Node {
  enum class Kind : std::uint8_t {
    // What a template consists of.
    kList,
    kText,
    kAction,
    kIf,
    kRange,
    kWith,
    kTemplate,
    kBreak,
    kContinue,
    kEnd,
    kElse,
    // What an action consists of.
    kPipe,
    kCommand,
    kBool,
    kChain,
    kDot,
    kField,
    kIdentifier,
    kNil,
    kNumber,
    kString,
    kVariable,
  };

  Kind kind = Kind::kList;
  bool truth = false;    ///< kBool
  bool assigns = false;  ///< kPipe: = instead of :=
  std::size_t offset = 0;
  std::string text;                ///< kText, kString and kNumber: as written; kIdentifier and kTemplate: the name
  std::string unquoted;            ///< kString
  std::vector<std::string> names;  ///< kField and kChain: the fields; kVariable: $name and fields; kPipe: declared
  Number number;
  const BuiltIn* function = nullptr;            ///< kIdentifier
  std::vector<std::unique_ptr<Node>> children;  ///< kList: statements; kPipe: commands; kCommand: words; kChain: one
  std::unique_ptr<Node> pipe;                   ///< kAction, kIf, kRange, kWith; kTemplate: may be missing
  std::unique_ptr<Node> body;                   ///< kIf, kRange, kWith
  std::unique_ptr<Node> otherwise;              ///< the same; may be missing
};

using NodePtr = std::unique_ptr<Node>;

/// The text of a node in its canonical form, as error texts show it.
std::string text_of(const Node& node);

struct Tree {
  std::string name;  // in error texts
  std::string text;
  std::map<std::string, NodePtr, std::less<>> templates;  // by name; the whole text under `name`
};

/// Errors read "template: NAME:LINE: reason".
base::Result<Tree> parse_template(std::string name, std::string_view text);

}  // namespace tandem::templates
