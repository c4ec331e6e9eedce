#pragma once

// Templates in Go's text/template language with the functions of sprig, as Traefik's users write them in rule files and
// default rules: text and data in, text out. Nothing but environment variables, the clock and the zone database is
// read. Any thread; a Template is immutable and may be used by several at once.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/template/moment.h"
#include "config/template/value.h"

namespace tandem::templates {

struct Tree;

/// What functions learn of the world.
struct Surroundings {
  std::function<std::optional<std::string>(const std::string&)> environment;  ///< missing: the process's
  std::function<Time()> now;                                                  ///< missing: the system's clock
};

struct Rendered {
  std::string text;
  /// For each line of `text` the line of the template that it began in, both counted from 1.
  std::vector<std::uint32_t> lines;

  /// The line of the template that stands behind a line of the text.
  std::uint32_t source_line(std::uint32_t line) const;
};

class Template {
 public:
  /// `name` stands in error texts: "template: NAME:LINE: reason".
  static base::Result<Template> parse(std::string name, std::string_view text);

  /// `data` is the dot at the beginning. Errors read "template: NAME:LINE:COLUMN: executing "NAME" at <WHAT>: reason";
  /// recursion, steps and memory are limited.
  base::Result<Rendered> render(const Value& data, const Surroundings& surroundings = {}) const;

 private:
  explicit Template(std::shared_ptr<const Tree> tree) : tree_(std::move(tree)) {}

  std::shared_ptr<const Tree> tree_;
};

/// Whether a text may hold actions at all.
bool has_actions(std::string_view text);

}  // namespace tandem::templates
