#include "control/telemetry/json_text.h"

#include <array>

#include "base/text.h"

namespace tandem::telemetry {
namespace {

/// Bytes that stand for themselves. Go escapes <, > and &, too; what is not ASCII is looked at.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = true;
  for (const char c : {'"', '\\', '<', '>', '&'}) plain[static_cast<unsigned char>(c)] = false;
  return plain;
}();

void put_escaped(LineBuffer& out, unsigned char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      return out.put("\\\"");
    case '\\':
      return out.put("\\\\");
    case '\b':
      return out.put("\\b");
    case '\f':
      return out.put("\\f");
    case '\n':
      return out.put("\\n");
    case '\r':
      return out.put("\\r");
    case '\t':
      return out.put("\\t");
    default:
      out.put("\\u00");
      out.put(kHex[c >> 4]);
      out.put(kHex[c & 0xF]);
  }
}

/// The size of the UTF-8 sequence at the beginning of `text`; 0 when there is none.
std::size_t sequence_at(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (size > text.size() || base::find_invalid_utf8(text.substr(0, size)) != std::string_view::npos) return 0;
  return size;
}

/// What is not ASCII at the beginning of `text`; returns how much it took.
std::size_t put_beyond_ascii(LineBuffer& out, std::string_view text) {
  const std::size_t size = sequence_at(text);
  if (size == 0) {
    out.put("\\ufffd");
    return 1;
  }
  const std::string_view sequence = text.substr(0, size);
  // Line and paragraph separator end lines in JavaScript.
  if (sequence == "\u2028") {
    out.put("\\u2028");
  } else if (sequence == "\u2029") {
    out.put("\\u2029");
  } else {
    out.put(sequence);
  }
  return size;
}

}  // namespace

void put_json_text(LineBuffer& out, std::string_view text) {
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && kPlain[static_cast<unsigned char>(text[plain])]) ++plain;
    out.put(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const auto c = static_cast<unsigned char>(text.front());
    if (c < 0x80) {
      put_escaped(out, c);
      text.remove_prefix(1);
    } else {
      text.remove_prefix(put_beyond_ascii(out, text));
    }
  }
}

}  // namespace tandem::telemetry
