#pragma once

// The sentences in which a router's API entry tells what is wrong with its rule. Pure functions: any thread. Kept in
// one place because parsing (here) and building (the owner of the matchers' meaning) must word them alike.

#include <span>
#include <string>
#include <string_view>

namespace tandem::rule {

/// HTTP: the text is no rule. `error while parsing rule R: parsing rule R: cause`.
[[nodiscard]] std::string http_parse_error(std::string_view rule, std::string_view cause);

/// HTTP: the text is an expression, but a bare value. `error while parsing rule R: obtaining build tree`.
[[nodiscard]] std::string http_no_tree_error(std::string_view rule);

/// HTTP: a matcher refuses its arguments. `error while parsing rule R: adding rule R: error while adding rule M:
/// cause`.
[[nodiscard]] std::string http_matcher_error(std::string_view rule, std::string_view matcher, std::string_view cause);

/// HTTP: a matcher has no or empty arguments. As http_matcher_error, with `checking` for `adding`.
[[nodiscard]] std::string http_check_error(std::string_view rule, std::string_view matcher, std::string_view cause);

/// TCP: the text is no rule. `invalid rule: "R" , cause`.
[[nodiscard]] std::string tcp_parse_error(std::string_view rule, std::string_view cause);

/// TCP: a matcher refuses its arguments. `error while adding rule R: cause`.
[[nodiscard]] std::string tcp_matcher_error(std::string_view rule, std::string_view cause);

/// TCP: a rule names a host, but the router has no `tls`.
[[nodiscard]] std::string tcp_host_without_tls_error(std::string_view rule);

/// HTTP and TCP: `invalid domain name value "D", non-ASCII characters are not allowed`.
[[nodiscard]] std::string domain_not_ascii_error(std::string_view domain);

/// `text` as a quoted string literal: double quotes, and escapes for quotes, backslashes and control characters.
[[nodiscard]] std::string quoted(std::string_view text);

/// `[a b]`: the way argument lists are written in errors.
[[nodiscard]] std::string bracketed(std::span<const std::string> arguments);

}  // namespace tandem::rule
