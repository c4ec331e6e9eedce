#pragma once

// Regular expressions as configurations write them (Go's syntax, which RE2 shares), with Go's words for what is wrong
// and Go's rules for replacements. Any thread; immutable.

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/http/arena.h"

namespace tandem::middleware {

/// Compiles `text`. Errors read as Go's: "error parsing regexp: missing closing ): `(`".
base::Result<std::unique_ptr<re2::RE2>> compile_expression(std::string_view text);

/// An expression with what its matches become (Go's Regexp.ReplaceAllString): $1, ${1}, $name, ${name} and $$; the
/// longest name counts ($1x is the group named 1x), groups that do not exist are empty.
class Replacement {
 public:
  static base::Result<Replacement> build(std::string_view expression, std::string_view replacement);

  bool matches(std::string_view text) const;
  /// `text` with all matches replaced; lives in the arena.
  std::string_view apply(std::string_view text, http::Arena& arena) const;

 private:
  struct Part {
    std::string text;  // stands before the group
    int group = -1;    // -1: none
  };

  std::unique_ptr<re2::RE2> expression_;
  std::vector<Part> parts_;
};

}  // namespace tandem::middleware
