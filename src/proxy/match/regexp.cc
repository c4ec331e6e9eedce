#include "proxy/match/regexp.h"

#include <fmt/format.h>

#include <string>

namespace tandem::match {
namespace {

std::string_view go_text(re2::RE2::ErrorCode code) {
  switch (code) {
    case re2::RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case re2::RE2::ErrorBadCharClass:
      return "invalid character class";
    case re2::RE2::ErrorBadCharRange:
      return "invalid character class range";
    case re2::RE2::ErrorMissingBracket:
      return "missing closing ]";
    case re2::RE2::ErrorMissingParen:
      return "missing closing )";
    case re2::RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case re2::RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case re2::RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case re2::RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case re2::RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case re2::RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case re2::RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case re2::RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    case re2::RE2::ErrorPatternTooLarge:
      return "expression too large";
    default:
      return "internal error";
  }
}

}  // namespace

base::Result<Regexp> compile_regexp(std::string_view expression) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_shared<const re2::RE2>(re2::StringPiece(expression.data(), expression.size()), options);
  if (compiled->ok()) return compiled;
  const std::string& argument = compiled->error_arg();
  // Go blames the whole expression for an open parenthesis and shows nothing for a closing one too many.
  if (compiled->error_code() == re2::RE2::ErrorTrailingBackslash) {
    return base::Error(base::ErrorKind::kInvalid,
                       fmt::format("error parsing regexp: {}: ``", go_text(compiled->error_code())));
  }
  return base::Error(base::ErrorKind::kInvalid,
                     fmt::format("error parsing regexp: {}: `{}`", go_text(compiled->error_code()),
                                 argument.empty() ? expression : std::string_view(argument)));
}

}  // namespace tandem::match
