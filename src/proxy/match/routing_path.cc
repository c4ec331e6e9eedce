#include "proxy/match/routing_path.h"

#include <cstddef>

#include "base/text.h"

namespace tandem::match {
namespace {

/// RFC 3986 §2.2, and '%' itself: decoded, these would read as something else.
bool stays_encoded(char c) { return std::string_view(":/?#[]@!$&'()*+,;=%").find(c) != std::string_view::npos; }

}  // namespace

std::optional<std::string_view> routing_path(std::string_view path, http::Arena& arena) {
  const std::size_t first = path.find('%');
  if (first == std::string_view::npos) return path;
  char* const out = arena.allocate_text(path.size());
  std::memcpy(out, path.data(), first);
  std::size_t size = first;
  for (std::size_t i = first; i < path.size(); ++i) {
    if (path[i] != '%') {
      out[size++] = path[i];
      continue;
    }
    if (i + 2 >= path.size()) return std::nullopt;
    const int high = base::hex_digit(path[i + 1]);
    const int low = base::hex_digit(path[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    const char decoded = static_cast<char>(high * 16 + low);
    if (stays_encoded(decoded)) {
      std::memcpy(out + size, path.data() + i, 3);
      size += 3;
    } else {
      out[size++] = decoded;
    }
    i += 2;
  }
  return std::string_view(out, size);
}

}  // namespace tandem::match
