#include "engine/tls/der.h"

#include <array>

namespace tandem::tls {

namespace {

constexpr signed char kNoDigit = -1;
constexpr signed char kSpace = -2;

constexpr std::array<signed char, 256> make_digits() {
  std::array<signed char, 256> digits{};
  digits.fill(kNoDigit);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<signed char>(i);
  }
  for (const char c : {' ', '\t', '\r', '\n'}) digits[static_cast<unsigned char>(c)] = kSpace;
  return digits;
}

/// Base64 with white space anywhere; nothing when it is malformed.
std::optional<std::string> decode_base64(std::string_view text) {
  static constexpr std::array<signed char, 256> kDigits = make_digits();
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int count = 0;
  int padding = 0;
  for (const char c : text) {
    const signed char digit = kDigits[static_cast<unsigned char>(c)];
    if (digit == kSpace) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    if (digit == kNoDigit || padding > 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    if (++count < 4) continue;
    out.push_back(static_cast<char>(bits >> 16));
    out.push_back(static_cast<char>(bits >> 8));
    out.push_back(static_cast<char>(bits));
    bits = 0;
    count = 0;
  }
  if (count == 1 || padding > 2) return std::nullopt;
  if (count == 2) out.push_back(static_cast<char>(bits >> 4));
  if (count == 3) {
    out.push_back(static_cast<char>(bits >> 10));
    out.push_back(static_cast<char>(bits >> 2));
  }
  return out;
}

}  // namespace

Der::Element Der::next() {
  Element out;
  constexpr std::size_t kLongest = 3;  // bytes of a length: 16 MiB
  const auto fail = [this] {
    failed_ = true;
    rest_ = {};
    return Element{};
  };
  if (rest_.size() < 2) return fail();
  out.identifier = static_cast<unsigned char>(rest_[0]);
  if ((out.identifier & 0x1fU) == 0x1fU) return fail();
  std::size_t length = static_cast<unsigned char>(rest_[1]);
  std::size_t header = 2;
  if (length >= 0x80) {
    const std::size_t count = length & 0x7fU;
    if (count == 0 || count > kLongest || rest_.size() < 2 + count) return fail();
    length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8 | static_cast<unsigned char>(rest_[2 + i]);
    header += count;
  }
  if (rest_.size() - header < length) return fail();
  out.content = rest_.substr(header, length);
  out.whole = rest_.substr(0, header + length);
  rest_.remove_prefix(header + length);
  return out;
}

std::string_view Der::take(unsigned char identifier) {
  const Element element = next();
  if (element.identifier != identifier) {
    failed_ = true;
    rest_ = {};
    return {};
  }
  return element.content;
}

std::vector<PemBlock> pem_blocks(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::string_view kEnd = "-----END ";
  constexpr std::string_view kDashes = "-----";
  std::vector<PemBlock> out;
  for (;;) {
    const std::size_t begin = text.find(kBegin);
    if (begin == std::string_view::npos) return out;
    text.remove_prefix(begin + kBegin.size());
    const std::size_t dashes = text.find(kDashes);
    if (dashes == std::string_view::npos) return out;
    const std::string_view label = text.substr(0, dashes);
    std::string_view body = text.substr(dashes + kDashes.size());
    const std::size_t end = body.find(kEnd);
    if (end == std::string_view::npos) return out;
    if (body.substr(end + kEnd.size()).starts_with(label)) {
      // Headers (RFC 1421), which only encrypted keys have, make the block unreadable.
      if (std::optional<std::string> content = decode_base64(body.substr(0, end))) {
        out.push_back({.label = label, .content = std::move(*content)});
      }
      text = body.substr(end + kEnd.size());
    } else {
      text = body;
    }
  }
}

}  // namespace tandem::tls
