#include "proxy/middleware/expression.h"

#include <algorithm>
#include <utility>

namespace tandem::middleware {

base::Result<std::unique_ptr<re2::RE2>> compile_expression(std::string_view text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_unique<re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (compiled->ok()) return compiled;
  // RE2 says "missing ): (" where Go says "missing closing ): `(`"; the other words are the same.
  std::string reason = compiled->error();
  if (const std::size_t colon = reason.find(": "); colon != std::string::npos) reason.resize(colon);
  if (reason.starts_with("missing ") && !reason.starts_with("missing argument")) reason.insert(8, "closing ");
  if (reason == "invalid perl operator") reason = "invalid or unsupported Perl syntax";
  const std::string& where = compiled->error_arg();
  return base::Error(base::ErrorKind::kInvalid,
                     "error parsing regexp: " + reason + ": `" + (where.empty() ? std::string(text) : where) + "`");
}

namespace {

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// The name that begins at `text` (behind a '$'), with braces or without; empty when there is none. `size` gets the
/// length of what it takes up.
std::string_view group_name(std::string_view text, std::size_t& size) {
  const bool braces = text.starts_with('{');
  std::size_t end = braces ? 1 : 0;
  while (end < text.size() && is_word(text[end])) ++end;
  const std::string_view name = text.substr(braces ? 1 : 0, end - (braces ? 1 : 0));
  if (braces && (end == text.size() || text[end] != '}')) return {};
  size = end + (braces ? 1 : 0);
  return name;
}

int group_number(const re2::RE2& expression, std::string_view name) {
  if (name.find_first_not_of("0123456789") == std::string_view::npos) {
    if (name.size() > 4) return -1;
    const int number = std::stoi(std::string(name));
    return number <= expression.NumberOfCapturingGroups() ? number : -1;
  }
  const auto& groups = expression.NamedCapturingGroups();
  const auto found = groups.find(std::string(name));
  return found == groups.end() ? -1 : found->second;
}

/// Bytes of the UTF-8 character that `text` begins with.
std::size_t character_size(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && size < 4 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
  return size;
}

}  // namespace

base::Result<Replacement> Replacement::build(std::string_view expression, std::string_view replacement) {
  auto compiled = compile_expression(expression);
  if (!compiled) return std::move(compiled).error();
  Replacement out;
  out.expression_ = std::move(*compiled);
  Part part;
  while (!replacement.empty()) {
    const std::size_t dollar = replacement.find('$');
    part.text += replacement.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    replacement.remove_prefix(dollar + 1);
    if (replacement.starts_with('$')) {
      part.text += '$';
      replacement.remove_prefix(1);
      continue;
    }
    std::size_t size = 0;
    const std::string_view name = group_name(replacement, size);
    if (name.empty()) {
      part.text += '$';
      continue;
    }
    replacement.remove_prefix(size);
    part.group = group_number(*out.expression_, name);
    if (part.group < 0) continue;
    out.parts_.push_back(std::exchange(part, {}));
  }
  part.group = -1;
  out.parts_.push_back(std::move(part));
  return out;
}

bool Replacement::matches(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression_);
}

std::string_view Replacement::apply(std::string_view text, http::Arena& arena) const {
  const re2::StringPiece whole(text.data(), text.size());
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(expression_->NumberOfCapturingGroups()) + 1);
  std::string out;
  std::size_t copied = 0;  // up to here `text` is in `out`
  std::size_t at = 0;
  std::size_t last_end = std::string_view::npos;
  while (at <= text.size() && expression_->Match(whole, at, text.size(), re2::RE2::UNANCHORED, groups.data(),
                                                 static_cast<int>(groups.size()))) {
    const auto begin = static_cast<std::size_t>(groups[0].data() - text.data());
    const std::size_t end = begin + groups[0].size();
    // Like Go: an empty match directly behind another one does not count.
    if (begin != end || begin != last_end) {
      out += text.substr(copied, begin - copied);
      for (const Part& part : parts_) {
        out += part.text;
        if (part.group < 0) continue;
        const re2::StringPiece& group = groups[static_cast<std::size_t>(part.group)];
        out.append(group.data() == nullptr ? "" : group.data(), group.size());
      }
      copied = end;
      last_end = end;
    }
    at = end > at ? end : at + character_size(text.substr(std::min(at, text.size())));
  }
  out += text.substr(std::min(copied, text.size()));
  return arena.copy(out);
}

}  // namespace tandem::middleware
