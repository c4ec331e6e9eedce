#include "protocol/http1/target.h"

#include <algorithm>

namespace tandem::http1 {

namespace {

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_scheme(std::string_view text) {
  return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

bool set_path_and_query(std::string_view text, http::Request& request) {
  const std::size_t question = text.find('?');
  request.path = text.substr(0, question);
  request.has_query = question != std::string_view::npos;
  request.query = request.has_query ? text.substr(question + 1) : std::string_view();
  if (request.path.empty()) request.path = "/";
  return http::has_valid_escapes(request.path);
}

}  // namespace

bool parse_target(std::string_view target, http::Request& request) {
  if (target.front() == '/') return set_path_and_query(target, request);
  if (request.method == "CONNECT") {
    request.host = target;
    request.path = {};
    return true;
  }
  if (target == "*") {
    request.path = target;
    return request.method == "OPTIONS";
  }
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos || !is_scheme(target.substr(0, colon))) return false;
  const std::string_view rest = target.substr(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  request.absolute_form = true;
  if (!authority.empty()) request.host = authority;
  return set_path_and_query(rest.substr(end), request);
}

}  // namespace tandem::http1
