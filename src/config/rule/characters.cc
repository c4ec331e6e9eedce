#include "config/rule/characters.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace tandem::rule {
namespace {

constexpr std::int32_t kReplacement = 0xFFFD;

using Range = std::pair<std::int32_t, std::int32_t>;

// Blocks beyond Latin-1 that hold no letters: marks, punctuation, symbols, private use, emoji.
constexpr std::array<Range, 15> kNoLetters = {{{0x2C2, 0x2C5},
                                               {0x300, 0x36F},
                                               {0x1AB0, 0x1AFF},
                                               {0x2000, 0x2070},
                                               {0x2072, 0x207E},
                                               {0x2080, 0x208F},
                                               {0x20A0, 0x2101},
                                               {0x218A, 0x2BFF},
                                               {0x2E00, 0x2E2E},
                                               {0x2E30, 0x3004},
                                               {0x3007, 0x3030},
                                               {0xD800, 0xF8FF},
                                               {0xFE00, 0xFE6F},
                                               {0xFEFF, 0xFF20},
                                               {0xFFE0, 0xFFFF}}};

constexpr std::array<Range, 9> kUnprintable = {{{0x7F, 0xA0},
                                                {0xAD, 0xAD},
                                                {0x1680, 0x1680},
                                                {0x2000, 0x200F},
                                                {0x2028, 0x202F},
                                                {0x205F, 0x206F},
                                                {0x3000, 0x3000},
                                                {0xD800, 0xF8FF},
                                                {0xFEFF, 0xFEFF}}};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, std::int32_t code) {
  for (const auto& [low, high] : ranges) {
    if (code >= low && code <= high) return true;
  }
  return false;
}

}  // namespace

Character decode(std::string_view text) {
  const auto byte = [text](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at])); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {static_cast<std::int32_t>(lead), 1, true};
  const std::uint32_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  const Character broken{kReplacement, 1, false};
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return broken;
  std::uint32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0) != 0x80) return broken;
    code = (code << 6) | (byte(at) & 0x3F);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return broken;
  return {static_cast<std::int32_t>(code), length, true};
}

void append_utf8(std::string& text, std::int32_t code) {
  if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = kReplacement;
  const auto put = [&text](std::int32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      put(0xE0 | (code >> 12));
    } else {
      put(0xF0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3F));
    }
    put(0x80 | ((code >> 6) & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

bool is_letter(std::int32_t code) {
  if (code < 0x80) return code == '_' || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
  if (code < 0xC0) return code == 0xAA || code == 0xB5 || code == 0xBA;
  if (code == 0xD7 || code == 0xF7 || code >= 0x1D800) return code >= 0x20000 && code < 0x323B0;
  return !within(kNoLetters, code);
}

bool is_printable(std::int32_t code) { return code >= 0x20 && !within(kUnprintable, code) && code < 0xE0000; }

std::string describe(std::int32_t code) {
  std::string text = fmt::format("U+{:04X}", code);
  if (is_printable(code)) {
    text += " '";
    append_utf8(text, code);
    text += '\'';
  }
  return text;
}

std::uint32_t digit_value(std::int32_t c) {
  if (is_decimal(c)) return static_cast<std::uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint32_t>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<std::uint32_t>(c - 'A') + 10;
  return 16;
}

}  // namespace tandem::rule
