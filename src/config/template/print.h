#pragma once

// Go's package fmt for values: %v and the other verbs, Sprint and Sprintln. Any thread; no state.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/template/value.h"

namespace tandem::templates {

/// What one text may hold: templates cannot exhaust memory.
constexpr std::size_t kLargestText = std::size_t{16} << 20;

base::Error too_large();

/// fmt.Sprintf. Wrong verbs and missing operands are part of the text, as in Go; only size is an error.
base::Result<std::string> sprintf(std::string_view format, std::span<const Value> operands);
/// fmt.Sprint: blanks between operands neither of which is a text.
base::Result<std::string> sprint(std::span<const Value> operands);
/// fmt.Sprintln.
base::Result<std::string> sprintln(std::span<const Value> operands);
/// %v of one value.
base::Result<std::string> shown(const Value& value);

}  // namespace tandem::templates
