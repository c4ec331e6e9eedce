#include "proxy/middleware/path_text.h"

#include "base/text.h"
#include "protocol/http/message.h"

namespace tandem::middleware {

namespace {

constexpr std::string_view kUnescaped = "-_.~$&+,/:;=@";
// What Go leaves alone in a path that came encoded.
constexpr std::string_view kAllowedEncoded = "!'()*[]";

bool stands_as_it_is(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kUnescaped.find(c) != std::string_view::npos;
}

/// Length of the encoded form of the path's first byte.
std::size_t first_size(std::string_view path) {
  return path.size() >= 3 && path[0] == '%' && base::hex_digit(path[1]) >= 0 && base::hex_digit(path[2]) >= 0 ? 3 : 1;
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  if (stands_as_it_is(c)) {
    out += c;
  } else {
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
}

}  // namespace

std::string escape_path(std::string_view path) {
  std::string out;
  for (const char c : path) append_escaped(out, c);
  return out;
}

std::string reescape_path(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t size = first_size(path);
    if (size > 1 || kAllowedEncoded.find(path.front()) != std::string_view::npos) {
      out += path.substr(0, size);
    } else {
      append_escaped(out, path.front());
    }
    path.remove_prefix(size);
  }
  return out;
}

std::string_view malformed_escape(std::string_view path) {
  for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    if (first_size(path.substr(at)) == 1) return path.substr(at, 3);
  }
  return {};
}

std::size_t encoded_size(std::string_view path, std::size_t decoded_size) {
  std::size_t at = 0;
  while (decoded_size-- > 0 && at < path.size()) at += first_size(path.substr(at));
  return at;
}

bool is_clean_path(std::string_view decoded) {
  if (decoded.empty()) return true;
  if (decoded.front() == '/') decoded.remove_prefix(1);
  for (;;) {
    const std::size_t slash = decoded.find('/');
    const std::string_view segment = decoded.substr(0, slash);
    if (segment == "." || segment == "..") return false;
    if (slash == std::string_view::npos) return true;
    if (segment.empty()) return false;
    decoded.remove_prefix(slash + 1);
  }
}

std::optional<std::string_view> cut_path(std::string_view path, std::size_t decoded_size, http::Arena& arena) {
  std::string_view rest = path.substr(encoded_size(path, decoded_size));
  if (rest.empty()) return rest;
  if (rest.front() != '/') {
    // An encoded slash behind the prefix separates as a plain one does.
    const bool slash = rest.starts_with("%2F") || rest.starts_with("%2f");
    rest = arena.concat({"/", slash ? rest.substr(3) : rest});
  }
  const auto decoded = http::percent_decode(rest, arena);
  if (!decoded || !is_clean_path(*decoded)) return std::nullopt;
  return rest;
}

}  // namespace tandem::middleware
