#include "config/rule/errors.h"

#include <cstdint>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/rule/characters.h"

namespace tandem::rule {

std::string http_parse_error(std::string_view rule, std::string_view cause) {
  return fmt::format("error while parsing rule {}: parsing rule {}: {}", rule, rule, cause);
}

std::string http_no_tree_error(std::string_view rule) {
  return fmt::format("error while parsing rule {}: obtaining build tree", rule);
}

std::string http_matcher_error(std::string_view rule, std::string_view matcher, std::string_view cause) {
  return fmt::format("error while parsing rule {}: adding rule {}: error while adding rule {}: {}", rule, rule, matcher,
                     cause);
}

std::string http_check_error(std::string_view rule, std::string_view matcher, std::string_view cause) {
  return fmt::format("error while parsing rule {}: adding rule {}: error while checking rule {}: {}", rule, rule,
                     matcher, cause);
}

std::string tcp_parse_error(std::string_view rule, std::string_view cause) {
  return fmt::format("invalid rule: {} , {}", quoted(rule), cause);
}

std::string tcp_matcher_error(std::string_view rule, std::string_view cause) {
  return fmt::format("error while adding rule {}: {}", rule, cause);
}

std::string tcp_host_without_tls_error(std::string_view rule) {
  return tcp_parse_error(rule, "has HostSNI matcher, but no TLS on router");
}

std::string domain_not_ascii_error(std::string_view domain) {
  return fmt::format("invalid domain name value {}, non-ASCII characters are not allowed", quoted(domain));
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  while (!text.empty()) {
    const Character character = decode(text);
    const std::int32_t c = character.code;
    constexpr std::string_view kNamed = "\a\b\f\n\r\t\v\"\\";
    constexpr std::string_view kEscapes = "abfnrtv\"\\";
    const auto named = c < 0x80 ? kNamed.find(static_cast<char>(c)) : std::string_view::npos;
    if (named != std::string_view::npos) {
      result += '\\';
      result += kEscapes[named];
    } else if (!character.valid || c < 0x20 || c == 0x7F) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    } else if (is_printable(c)) {
      result += text.substr(0, character.length);
    } else {
      result += c < 0x10000 ? fmt::format("\\u{:04x}", c) : fmt::format("\\U{:08x}", c);
    }
    text.remove_prefix(character.length);
  }
  return result + '"';
}

std::string bracketed(std::span<const std::string> arguments) { return fmt::format("[{}]", fmt::join(arguments, " ")); }

}  // namespace tandem::rule
