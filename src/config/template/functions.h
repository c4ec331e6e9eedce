#pragma once

// The functions that templates can call: Go's own and those of sprig, in groups, one file each (functions_*.cc).
// The tables are constants; a call belongs to the thread that renders.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/template/moment.h"
#include "config/template/render.h"
#include "config/template/value.h"

namespace tandem::templates {

/// What one rendering has used up, and the dictionaries it made. A template that uses too much ends with an error.
class Rendering {
 public:
  explicit Rendering(const Surroundings& surroundings) : surroundings_(surroundings) {}

  Heap& heap() { return heap_; }
  const Surroundings& surroundings() const { return surroundings_; }
  /// Each step is worth about ten nanoseconds. False when there are none left.
  bool spend_steps(std::size_t steps);
  /// Counts all memory that was ever asked for. False when there is none left.
  bool spend_bytes(std::size_t bytes);

 private:
  const Surroundings& surroundings_;
  Heap heap_;
  std::size_t steps_ = 0;
  std::size_t bytes_ = 0;
};

/// One call. The arguments were checked against the parameters of the function.
struct Call {
  std::span<Value> arguments;
  Rendering& rendering;

  std::size_t size() const { return arguments.size(); }
  const Value& operator[](std::size_t index) const { return arguments[index]; }
  const std::string& text(std::size_t index) const { return arguments[index].text(); }
  std::int64_t integer(std::size_t index) const { return arguments[index].integer(); }
  std::span<Value> from(std::size_t index) const { return arguments.subspan(std::min(index, arguments.size())); }
};

using Outcome = base::Result<Value>;

struct BuiltIn {
  std::string_view name;
  /// One letter for each parameter: (a)ny, (s)tring, (i)nt, (u)int32, (b)ool, (f)loat64, (m)ap, (l)ist, (t)ime,
  /// (c)ertificate, (v)alue as it is, (V)ersion. A * at the end: the last stands for any number, also none.
  std::string_view parameters;
  Outcome (*run)(Call& call);
};

/// The Go type of a parameter, by its letter.
std::string_view parameter_type(char parameter);
/// Whether a value can be handed over as it is.
bool accepts(char parameter, const Value& value);
/// Whether nil can be handed over.
bool may_be_nil(char parameter);

/// Null when there is none of that name.
const BuiltIn* find_function(std::string_view name);
/// Methods of times, durations and versions.
const BuiltIn* find_method(const Value& receiver, std::string_view name);
/// All names, sorted.
std::vector<std::string_view> function_names();

/// Calls `function` after the budget was asked.
Outcome call_function(const BuiltIn& function, Call& call);

base::Error failure(std::string message);

// Groups. Each stands in the file of its name.
std::span<const BuiltIn> builtin_functions();
std::span<const BuiltIn> comparison_functions();
std::span<const BuiltIn> text_functions();
std::span<const BuiltIn> word_functions();
std::span<const BuiltIn> list_functions();
std::span<const BuiltIn> dictionary_functions();
std::span<const BuiltIn> math_functions();
std::span<const BuiltIn> kind_functions();
std::span<const BuiltIn> encoding_functions();
std::span<const BuiltIn> crypto_functions();
std::span<const BuiltIn> certificate_functions();
std::span<const BuiltIn> regex_functions();
std::span<const BuiltIn> path_functions();
std::span<const BuiltIn> date_functions();
std::span<const BuiltIn> version_functions();
std::span<const BuiltIn> random_functions();

// What several groups need.

/// sprig's strval: a text as it is, everything else as printed.
base::Result<std::string> text_of(const Value& value);
/// sprig's empty: like !truth(), and a time or version is never empty.
bool is_empty(const Value& value);
/// The elements that sprig's functions take for texts; nil is left out.
base::Result<std::vector<std::string>> texts_of(const Value& value);
std::string join(std::span<const std::string> parts, std::string_view separator);
std::vector<std::string> split(std::string_view text, std::string_view separator, int most = -1);
/// Go's encoding/json of a value; `indent` spaces a level; `html` escapes <, > and &.
base::Result<std::string> json_of(const Value& value, int indent, bool html);
/// A number below `bound`, not to be guessed.
std::uint64_t random_below(std::uint64_t bound);
std::string random_bytes(std::size_t count);
std::string hexadecimal(std::string_view bytes);
std::string base64(std::string_view bytes);

}  // namespace tandem::templates
