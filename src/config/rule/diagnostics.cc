#include "config/rule/diagnostics.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace tandem::rule {
namespace {

constexpr std::size_t kMostErrors = 10;

}  // namespace

Diagnostics::Diagnostics(std::string_view text) {
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {  // behind the very last character no line starts
    if (text[at] == '\n') line_starts_.push_back(static_cast<std::uint32_t>(at + 1));
  }
}

Diagnostics::Entry Diagnostics::entry(std::uint32_t offset, std::string message) const {
  const auto next_line = std::ranges::upper_bound(line_starts_, offset);
  const auto line = static_cast<std::uint32_t>(next_line - line_starts_.begin());
  return {line, offset - *std::prev(next_line) + 1, std::move(message)};
}

void Diagnostics::add(std::uint32_t offset, std::string message) {
  entries_.push_back(entry(offset, std::move(message)));
}

bool Diagnostics::add_unless_same_line(std::uint32_t offset, std::string message) {
  Entry next = entry(offset, std::move(message));
  if (!entries_.empty() && entries_.back().line == next.line) return true;
  if (entries_.size() > kMostErrors) return false;
  entries_.push_back(std::move(next));
  return true;
}

std::string Diagnostics::text() const {
  if (entries_.empty()) return {};
  const Entry& first = *std::ranges::min_element(entries_);
  std::string sentence = fmt::format("{}:{}: {}", first.line, first.column, first.message);
  if (entries_.size() > 1) sentence += fmt::format(" (and {} more errors)", entries_.size() - 1);
  return sentence;
}

}  // namespace tandem::rule
