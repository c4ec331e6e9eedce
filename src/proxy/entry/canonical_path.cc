#include "proxy/entry/canonical_path.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tandem::entry {

namespace {

enum class Class : std::uint8_t {
  kInvalid,     // has to be escaped
  kUnreserved,  // never needs an escape
  kPlain,       // stands unescaped wherever it came so
  kDelimiter,   // as it came; escaped when the path needs mending anyway (as Go's url package does)
};

constexpr std::array<Class, 256> make_classes() {
  std::array<Class, 256> classes{};
  for (int c = 'a'; c <= 'z'; ++c) classes[c] = Class::kUnreserved;
  for (int c = 'A'; c <= 'Z'; ++c) classes[c] = Class::kUnreserved;
  for (int c = '0'; c <= '9'; ++c) classes[c] = Class::kUnreserved;
  for (const char c : std::string_view("-._~")) classes[static_cast<unsigned char>(c)] = Class::kUnreserved;
  for (const char c : std::string_view("$&+,/:;=@%")) classes[static_cast<unsigned char>(c)] = Class::kPlain;
  for (const char c : std::string_view("!'()*[]")) classes[static_cast<unsigned char>(c)] = Class::kDelimiter;
  return classes;
}
constexpr std::array<Class, 256> kClasses = make_classes();

constexpr Class class_of(char c) { return kClasses[static_cast<unsigned char>(c)]; }

constexpr int hex_value(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }
constexpr char upper_hex(char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; }

}  // namespace

std::string_view normalize_path(std::string_view path, http::Arena& arena) {
  bool escapes = false;
  bool invalid = false;
  for (const char c : path) {
    escapes |= c == '%';
    invalid |= class_of(c) == Class::kInvalid;
  }
  if (!escapes && !invalid) return path;
  constexpr std::string_view kHex = "0123456789ABCDEF";
  char* const out = arena.allocate_text(path.size() * 3);
  std::size_t size = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '%') {
      const char decoded = static_cast<char>(hex_value(path[i + 1]) * 16 + hex_value(path[i + 2]));
      if (class_of(decoded) == Class::kUnreserved) {
        out[size++] = decoded;
      } else {
        out[size++] = '%';
        out[size++] = upper_hex(path[i + 1]);
        out[size++] = upper_hex(path[i + 2]);
      }
      i += 2;
    } else if (class_of(c) == Class::kInvalid || (invalid && class_of(c) == Class::kDelimiter)) {
      out[size++] = '%';
      out[size++] = kHex[static_cast<unsigned char>(c) >> 4];
      out[size++] = kHex[static_cast<unsigned char>(c) & 15];
    } else {
      out[size++] = c;
    }
  }
  return {out, size};
}

std::string_view sanitize_path(std::string_view path, http::Arena& arena) {
  const bool clean =
      path.starts_with('/') && path.find("//") == std::string_view::npos && path.find("/.") == std::string_view::npos;
  if (clean) return path;
  char* const out = arena.allocate_text(path.size() + 1);
  std::size_t size = 0;
  std::size_t at = 0;
  while (at < path.size()) {
    if (path[at] == '/') {
      ++at;
      continue;
    }
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, end - at);
    at = end;
    if (segment == ".") continue;
    if (segment == "..") {
      while (size > 0) {
        --size;
        if (out[size] == '/') break;
      }
      continue;
    }
    out[size++] = '/';
    size = static_cast<std::size_t>(std::ranges::copy(segment, out + size).out - out);
  }
  if (size == 0 || path.ends_with('/')) out[size++] = '/';
  return {out, size};
}

}  // namespace tandem::entry
