#pragma once

// What stands between the quotes of a JSON string, as Go's libraries write it. Any thread; no state.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::base {

enum class JsonEscapes : std::uint8_t {
  kHtml,    ///< encoding/json: < > & and U+2028, U+2029, too
  kNeeded,  ///< zerolog: what a string must not hold, and DEL
};

/// What each byte of a text may become at most.
inline constexpr std::size_t kMostJsonBytes = 6;

/// The bytes that stand for themselves. What is not ASCII is looked at.
using JsonPlain = std::array<bool, 256>;
[[nodiscard]] const JsonPlain& json_plain(JsonEscapes escapes);

struct JsonEscape {
  std::size_t taken;  ///< bytes of the text
  std::size_t size;
  std::array<char, kMostJsonBytes> bytes;
  [[nodiscard]] std::string_view view() const { return {bytes.data(), size}; }
};
/// What stands for the first character of `text`, which is not plain. What is no UTF-8 becomes U+FFFD byte by byte.
[[nodiscard]] JsonEscape json_escape(std::string_view text, JsonEscapes escapes);

/// Calls `put` with the pieces that together stand for `text`.
template <class Put>
void put_json_text(std::string_view text, JsonEscapes escapes, Put put) {
  const JsonPlain& is_plain = json_plain(escapes);
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain[static_cast<unsigned char>(text[plain])]) ++plain;
    if (plain != 0) put(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const JsonEscape escape = json_escape(text, escapes);
    put(escape.view());
    text.remove_prefix(escape.taken);
  }
}

/// Appends `text` as a JSON string, with its quotes.
void append_json_string(std::string& out, std::string_view text, JsonEscapes escapes);

}  // namespace tandem::base
