#include "config/rule/template.h"

#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "config/rule/errors.h"

namespace tandem::rule {
namespace {

constexpr std::string_view kLabel = "[^.]+";
constexpr std::string_view kSegment = "[^/]+";
constexpr std::string_view kAnything = ".*";

// A stretch of a template: text as it stands, and the variable behind it, which the last stretch lacks.
struct Piece {
  std::string_view literal;
  std::string_view variable;  ///< the expression inside the braces, or the fallback
  bool has_variable = false;
};

base::Error invalid(std::string message) { return {base::ErrorKind::kInvalid, std::move(message)}; }

Result<Piece> piece_of(std::string_view literal, std::string_view braces, std::string_view fallback) {
  const std::string_view content = braces.substr(1, braces.size() - 2);
  const std::size_t colon = content.find(':');
  const std::string_view name = content.substr(0, colon);
  const std::string_view pattern = colon == std::string_view::npos ? fallback : content.substr(colon + 1);
  if (name.empty() || pattern.empty())
    return invalid(fmt::format("mux: missing name or pattern in {}", quoted(braces)));
  return Piece{literal, pattern, true};
}

// Braces inside a variable's expression belong to it as long as they are balanced.
Result<std::vector<std::pair<std::size_t, std::size_t>>> brace_pairs(std::string_view text) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  const auto unbalanced = [text] { return invalid(fmt::format("mux: unbalanced braces in {}", quoted(text))); };
  int level = 0;
  std::size_t start = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '{') {
      if (level++ == 0) start = at;
    } else if (text[at] == '}') {
      if (--level < 0) return unbalanced();
      if (level == 0) pairs.emplace_back(start, at + 1);
    }
  }
  if (level != 0) return unbalanced();
  return pairs;
}

Result<std::vector<Piece>> pieces_of(std::string_view text, std::string_view fallback) {
  const auto pairs = brace_pairs(text);
  if (!pairs) return pairs.error();
  std::vector<Piece> pieces;
  std::size_t end = 0;
  for (const auto& [start, stop] : *pairs) {
    const Result<Piece> piece = piece_of(text.substr(end, start - end), text.substr(start, stop - start), fallback);
    if (!piece) return piece.error();
    pieces.push_back(*piece);
    end = stop;
  }
  pieces.push_back({.literal = text.substr(end)});
  return pieces;
}

// Text with every character that means something in a regular expression escaped.
void append_literal(std::string& regex, std::string_view text) {
  constexpr std::string_view kSpecial = R"(\.+*?()|[]{}^$)";
  for (const char c : text) {
    if (kSpecial.contains(c)) regex += '\\';
    regex += c;
  }
}

Result<std::string> translate(std::string_view text, std::string_view fallback) {
  const Result<std::vector<Piece>> pieces = pieces_of(text, fallback);
  if (!pieces) return pieces.error();
  std::string regex;
  for (const Piece& piece : *pieces) {
    append_literal(regex, piece.literal);
    if (piece.has_variable) regex += fmt::format("(?:{})", piece.variable);
  }
  return regex;
}

}  // namespace

Result<std::string> host_template_to_regex(std::string_view text) {
  Result<std::string> regex = translate(text, kLabel);
  if (regex) *regex = fmt::format("(?i)^{}$", *regex);
  return regex;
}

Result<std::string> path_template_to_regex(std::string_view text, bool prefix) {
  if (!text.starts_with('/')) return invalid(fmt::format("mux: path must start with a slash, got {}", quoted(text)));
  Result<std::string> regex = translate(text, kSegment);
  if (regex) *regex = fmt::format("^{}{}", *regex, prefix ? "" : "$");
  return regex;
}

Result<std::string> query_template_to_regex(std::string_view text) {
  Result<std::string> regex = translate(text, kAnything);
  if (!regex) return regex;
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    *regex += "=.*";
  } else if (equals + 1 == text.size()) {
    *regex += ".*";
  }
  *regex = fmt::format("^{}$", *regex);
  return regex;
}

Result<std::vector<std::string>> template_variables(std::string_view text, std::string_view fallback) {
  const Result<std::vector<Piece>> pieces = pieces_of(text, fallback);
  if (!pieces) return pieces.error();
  std::vector<std::string> variables;
  for (const Piece& piece : *pieces) {
    if (piece.has_variable) variables.push_back(fmt::format("^{}$", piece.variable));
  }
  return variables;
}

}  // namespace tandem::rule
