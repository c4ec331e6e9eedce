#include "base/json_text.h"

#include <algorithm>

#include "base/text.h"

namespace tandem::base {

namespace {

constexpr JsonPlain plain_without(std::string_view others) {
  JsonPlain plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = true;
  for (const char c : others) plain[static_cast<unsigned char>(c)] = false;
  return plain;
}

constexpr JsonPlain kPlainForHtml = plain_without("\"\\<>&");
constexpr JsonPlain kPlain = plain_without("\"\\\x7f");

JsonEscape escape_of(std::size_t taken, std::string_view bytes) {
  JsonEscape out{.taken = taken, .size = bytes.size(), .bytes = {}};
  std::ranges::copy(bytes, out.bytes.begin());
  return out;
}

JsonEscape ascii_escape(unsigned char c) {
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  if (const std::size_t at = kShort.find(static_cast<char>(c)); at != std::string_view::npos) {
    return {.taken = 1, .size = 2, .bytes = {'\\', kLetters[at]}};
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  return {.taken = 1, .size = 6, .bytes = {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 0xF]}};
}

/// The size of the UTF-8 sequence at the beginning of `text`; 0 when there is none.
std::size_t sequence_at(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (size > text.size() || find_invalid_utf8(text.substr(0, size)) != std::string_view::npos) return 0;
  return size;
}

}  // namespace

const JsonPlain& json_plain(JsonEscapes escapes) { return escapes == JsonEscapes::kHtml ? kPlainForHtml : kPlain; }

JsonEscape json_escape(std::string_view text, JsonEscapes escapes) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return ascii_escape(first);
  const std::string_view sequence = text.substr(0, sequence_at(text));
  if (sequence.empty()) return escape_of(1, "\\ufffd");
  if (escapes == JsonEscapes::kHtml) {
    // Line and paragraph separator end lines in JavaScript.
    if (sequence == "\u2028") return escape_of(sequence.size(), "\\u2028");
    if (sequence == "\u2029") return escape_of(sequence.size(), "\\u2029");
  }
  return escape_of(sequence.size(), sequence);
}

void append_json_string(std::string& out, std::string_view text, JsonEscapes escapes) {
  out += '"';
  put_json_text(text, escapes, [&out](std::string_view piece) { out += piece; });
  out += '"';
}

}  // namespace tandem::base
