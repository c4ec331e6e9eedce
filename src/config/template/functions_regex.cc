// Regular expressions, by RE2, whose syntax is Go's.

#include <fmt/format.h>
#include <re2/re2.h>

#include <memory>

#include "config/template/functions.h"
#include "config/template/print.h"
#include "config/template/runes.h"

namespace tandem::templates {
namespace {

/// What Go's package regexp/syntax says.
std::string_view complaint(RE2::ErrorCode code) {
  switch (code) {
    case RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case RE2::ErrorBadCharClass:
      return "invalid character class";
    case RE2::ErrorBadCharRange:
      return "invalid character class range";
    case RE2::ErrorMissingBracket:
      return "missing closing ]";
    case RE2::ErrorMissingParen:
      return "missing closing )";
    case RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    default:
      return "expression is too large";
  }
}

/// Go takes (?<name>…) as well as (?P<name>…), this RE2 only the latter.
std::string with_python_names(std::string_view pattern) {
  std::string result;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    result += c;
    if (c == '\\' && i + 1 < pattern.size()) {
      result += pattern[++i];
    } else if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      // A ] right at the beginning belongs to the class.
      if (pattern.substr(i + 1).starts_with('^')) result += pattern[++i];
      if (pattern.substr(i + 1).starts_with(']')) result += pattern[++i];
    } else if (c == '(' && i + 3 < pattern.size() && pattern.substr(i + 1, 2) == "?<" &&
               is_letter(static_cast<unsigned char>(pattern[i + 3]))) {
      result += "?P<";
      i += 2;
    }
  }
  return result;
}

base::Result<std::shared_ptr<RE2>> compiled(Call& call, const std::string& pattern) {
  if (!call.rendering.spend_steps(100 + pattern.size())) {
    return base::Error(base::ErrorKind::kLimit, "the template takes too long");
  }
  RE2::Options options;
  options.set_log_errors(false);
  auto regex = std::make_shared<RE2>(with_python_names(pattern), options);
  if (regex->ok()) return regex;
  std::string reason(complaint(regex->error_code()));
  if (!regex->error_arg().empty() || regex->error_code() == RE2::ErrorTrailingBackslash)
    reason += ": `" + regex->error_arg() + "`";
  return failure("error parsing regexp: " + reason);
}

/// sprig's functions without "must" panic.
base::Error panicking(const base::Error& error, const std::string& pattern) {
  return failure(fmt::format("regexp: Compile({}): {}", pattern.contains('`') ? quoted(pattern) : "`" + pattern + "`",
                             error.text()));
}

struct Match {
  std::vector<re2::StringPiece> groups;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Calls `use` for each match until it returns false. An empty match right behind another one does not count.
template <class Use>
void each_match(const RE2& regex, const std::string& text, Use use) {
  const re2::StringPiece whole(text);
  Match match;
  match.groups.resize(static_cast<std::size_t>(regex.NumberOfCapturingGroups()) + 1);
  std::size_t at = 0;
  std::size_t last_end = std::string::npos;
  while (at <= text.size()) {
    if (!regex.Match(whole, at, text.size(), RE2::UNANCHORED, match.groups.data(),
                     static_cast<int>(match.groups.size()))) {
      return;
    }
    match.begin = static_cast<std::size_t>(match.groups[0].data() - text.data());
    match.end = match.begin + match.groups[0].size();
    const bool empty = match.begin == match.end;
    if (!(empty && match.begin == last_end) && !use(match)) return;
    last_end = match.end;
    if (!empty) {
      at = match.end;
    } else {
      at = match.end + (match.end < text.size() ? first_rune(std::string_view(text).substr(match.end)).width : 1);
    }
  }
}

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

void append_group(std::string& to, const RE2& regex, const Match& match, const std::string& name) {
  std::size_t index = match.groups.size();
  if (!name.empty() && name.find_first_not_of("0123456789") == std::string::npos) {
    if (name.size() < 6) index = static_cast<std::size_t>(std::stoi(name));
  } else {
    const auto& names = regex.NamedCapturingGroups();
    if (const auto found = names.find(name); found != names.end()) index = static_cast<std::size_t>(found->second);
  }
  if (index < match.groups.size() && match.groups[index].data() != nullptr) {
    to.append(match.groups[index].data(), match.groups[index].size());
  }
}

/// Go's Regexp.Expand: $1, $name, ${name} and $$.
void expand(std::string& to, const RE2& regex, const Match& match, std::string_view pattern) {
  while (!pattern.empty()) {
    const std::size_t dollar = std::min(pattern.find('$'), pattern.size());
    to += pattern.substr(0, dollar);
    pattern.remove_prefix(dollar);
    if (pattern.empty()) return;
    if (pattern.starts_with("$$")) {
      to += '$';
      pattern.remove_prefix(2);
      continue;
    }
    const bool braces = pattern.starts_with("${");
    const std::size_t begin = braces ? 2 : 1;
    std::size_t end = begin;
    while (end < pattern.size() && is_name(pattern[end])) ++end;
    if (end == begin || (braces && (end >= pattern.size() || pattern[end] != '}'))) {
      to += '$';
      pattern.remove_prefix(1);
      continue;
    }
    append_group(to, regex, match, std::string(pattern.substr(begin, end - begin)));
    pattern.remove_prefix(end + (braces ? 1 : 0));
  }
}

Outcome matches(Call& call, const RE2& regex) { return Value::of(RE2::PartialMatch(call.text(1), regex)); }

Outcome find(Call& call, const RE2& regex) {
  std::string found;
  each_match(regex, call.text(1), [&found](const Match& match) {
    found.assign(match.groups[0].data(), match.groups[0].size());
    return false;
  });
  return Value::of(std::move(found));
}

Outcome find_all(Call& call, const RE2& regex) {
  const std::int64_t most = call.integer(2);
  std::vector<std::string> found;
  if (call.text(1).size() > kLargestText / 16) return too_large();
  each_match(regex, call.text(1), [&](const Match& match) {
    if (most >= 0 && static_cast<std::int64_t>(found.size()) >= most) return false;
    found.emplace_back(match.groups[0].data(), match.groups[0].size());
    return true;
  });
  return Value::strings(found);
}

Outcome replace_all(Call& call, const RE2& regex, bool literal) {
  const std::string& text = call.text(1);
  const std::string& by = call.text(2);
  std::string result;
  std::size_t copied = 0;
  bool full = false;
  each_match(regex, text, [&](const Match& match) {
    result.append(text, copied, match.begin - copied);
    copied = match.end;
    if (literal) {
      result += by;
    } else {
      expand(result, regex, match, by);
    }
    full = result.size() > kLargestText;
    return !full;
  });
  if (full) return too_large();
  return Value::of(result.append(text, copied));
}

Outcome split_by(Call& call, const RE2& regex) {
  const std::string& text = call.text(1);
  const std::int64_t most = call.integer(2);
  std::vector<std::string> parts;
  if (most == 0) return Value::strings(parts);
  if (text.size() > kLargestText / 16) return too_large();
  if (!regex.pattern().empty() && text.empty()) return Value::strings({""});
  std::size_t begin = 0;
  std::size_t end = 0;
  each_match(regex, text, [&](const Match& match) {
    if (most > 0 && static_cast<std::int64_t>(parts.size()) == most - 1) return false;
    end = match.begin;
    // An empty match at the beginning splits nothing off.
    if (match.end != 0) parts.push_back(text.substr(begin, end - begin));
    begin = match.end;
    return true;
  });
  if (end != text.size()) parts.push_back(text.substr(begin));
  return Value::strings(parts);
}

using Use = Outcome (*)(Call&, const RE2&);

Outcome with(Call& call, Use use) {
  const auto regex = compiled(call, call.text(0));
  return regex ? use(call, **regex) : Outcome(panicking(regex.error(), call.text(0)));
}

Outcome must(Call& call, Use use) {
  const auto regex = compiled(call, call.text(0));
  return regex ? use(call, **regex) : Outcome(regex.error());
}

constexpr Use kReplace = [](Call& call, const RE2& regex) { return replace_all(call, regex, false); };
constexpr Use kReplaceLiteral = [](Call& call, const RE2& regex) { return replace_all(call, regex, true); };

Outcome quote_meta(Call& call) {
  std::string result;
  for (const char c : call.text(0)) {
    if (std::string_view("\\.+*?()|[]{}^$").contains(c)) result += '\\';
    result += c;
  }
  return Value::of(std::move(result));
}

constexpr BuiltIn kFunctions[] = {
    {"mustRegexFind", "ss", [](Call& call) { return must(call, find); }},
    {"mustRegexFindAll", "ssi", [](Call& call) { return must(call, find_all); }},
    {"mustRegexMatch", "ss", [](Call& call) { return must(call, matches); }},
    {"mustRegexReplaceAll", "sss", [](Call& call) { return must(call, kReplace); }},
    {"mustRegexReplaceAllLiteral", "sss", [](Call& call) { return must(call, kReplaceLiteral); }},
    {"mustRegexSplit", "ssi", [](Call& call) { return must(call, split_by); }},
    {"regexFind", "ss", [](Call& call) { return with(call, find); }},
    {"regexFindAll", "ssi", [](Call& call) { return with(call, find_all); }},
    {"regexMatch", "ss",
     [](Call& call) -> Outcome {
       const auto regex = compiled(call, call.text(0));
       return regex ? matches(call, **regex) : Value::of(false);
     }},
    {"regexQuoteMeta", "s", quote_meta},
    {"regexReplaceAll", "sss", [](Call& call) { return with(call, kReplace); }},
    {"regexReplaceAllLiteral", "sss", [](Call& call) { return with(call, kReplaceLiteral); }},
    {"regexSplit", "ssi", [](Call& call) { return with(call, split_by); }},
};

}  // namespace

std::span<const BuiltIn> regex_functions() { return kFunctions; }

}  // namespace tandem::templates
