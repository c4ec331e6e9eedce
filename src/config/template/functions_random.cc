// Random texts and identifiers, by OpenSSL's generator.

#include <openssl/rand.h>

#include <fmt/format.h>
#include <algorithm>

#include "config/template/functions.h"
#include "config/template/print.h"
#include "config/template/runes.h"

namespace tandem::templates {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Random numbers cost more than other steps.
base::Result<void> pay(Call& call, std::int64_t count) {
  if (count < 0) return failure("count must not be negative");
  if (static_cast<std::uint64_t>(count) > kLargestText / 16) return too_large();
  if (!call.rendering.spend_steps(static_cast<std::size_t>(count) * 4)) {
    return base::Error(base::ErrorKind::kLimit, "the template takes too long");
  }
  return {};
}

Outcome letters(Call& call, std::string_view alphabet) {
  const auto paid = pay(call, call.integer(0));
  if (!paid) return paid.error();
  std::string text;
  for (std::int64_t i = 0; i < call.integer(0); ++i) text += alphabet[random_below(alphabet.size())];
  return Value::of(std::move(text));
}

std::string printable() {
  std::string text;
  for (char c = ' '; c < 0x7F; ++c) text += c;
  return text;
}

Outcome shuffled(Call& call) {
  std::u32string text = runes_of(call.text(0));
  const auto paid = pay(call, static_cast<std::int64_t>(text.size()));
  if (!paid) return paid.error();
  for (std::size_t i = text.size(); i > 1; --i) std::swap(text[i - 1], text[random_below(i)]);
  return Value::of(text_of(text));
}

/// Version 4 (RFC 9562, 5.4).
Outcome uuid(Call& call) {
  const auto paid = pay(call, 16);
  if (!paid) return paid.error();
  std::string bytes = random_bytes(16);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0FU) | 0x40U);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3FU) | 0x80U);
  std::string text = hexadecimal(bytes);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return Value::of(std::move(text));
}

Outcome bytes(Call& call) {
  const auto paid = pay(call, call.integer(0));
  if (!paid) return paid.error();
  return Value::of(base64(random_bytes(static_cast<std::size_t>(call.integer(0)))));
}

constexpr BuiltIn kFunctions[] = {
    {"randAlpha", "i", [](Call& call) { return letters(call, kLetters); }},
    {"randAlphaNum", "i", [](Call& call) { return letters(call, std::string(kLetters).append(kDigits)); }},
    {"randAscii", "i", [](Call& call) { return letters(call, printable()); }},
    {"randBytes", "i", bytes},
    {"randNumeric", "i", [](Call& call) { return letters(call, kDigits); }},
    {"shuffle", "s", shuffled},
    {"uuidv4", "", uuid},
};

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string text(count, '\0');
  // Fails only when the machine has no randomness at all; then nothing that is made here may be used.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(text.data()), static_cast<int>(count)) != 1) std::abort();
  return text;
}

std::uint64_t random_below(std::uint64_t bound) {
  const std::uint64_t most = ~std::uint64_t{0} - ~std::uint64_t{0} % bound;
  for (;;) {
    std::uint64_t value = 0;
    for (const char byte : random_bytes(8)) value = value << 8U | static_cast<unsigned char>(byte);
    // Beyond the last whole multiple some results would come up more often.
    if (value < most) return value % bound;
  }
}

std::span<const BuiltIn> random_functions() { return kFunctions; }

}  // namespace tandem::templates
