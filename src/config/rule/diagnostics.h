#pragma once

// Collects what is wrong with a text while it is scanned and parsed. One user, one thread; lives as long as the parse.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::rule {

class Diagnostics {
 public:
  explicit Diagnostics(std::string_view text);

  /// Something wrong with the characters: always kept.
  void add(std::uint32_t offset, std::string message);

  /// Something wrong with the order of words: dropped when it lies on the line of the last error, of which it is
  /// probably a mere consequence. False when there are so many that parsing should be given up.
  [[nodiscard]] bool add_unless_same_line(std::uint32_t offset, std::string message);

  bool empty() const { return entries_.empty(); }

  /// `line:column: message` of the first error in the text, and "(and N more errors)" if there are any. Lines and
  /// columns count from 1, columns in bytes.
  [[nodiscard]] std::string text() const;

 private:
  struct Entry {
    std::uint32_t line;
    std::uint32_t column;
    std::string message;
    auto operator<=>(const Entry&) const = default;
  };

  Entry entry(std::uint32_t offset, std::string message) const;

  std::vector<std::uint32_t> line_starts_{0};
  std::vector<Entry> entries_;
};

}  // namespace tandem::rule
