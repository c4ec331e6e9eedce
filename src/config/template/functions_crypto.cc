// Checksums, hashes of passwords, encryption, random texts and identifiers, by OpenSSL and libcrypt.

#include <crypt.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>

#include "base/text.h"
#include "config/template/functions.h"
#include "config/template/print.h"
#include "config/template/runes.h"

namespace tandem::templates {
namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string digest(const EVP_MD* kind, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum;
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), sum.data(), &size, kind, nullptr);
  return {reinterpret_cast<const char*>(sum.data()), size};
}

/// RFC 1950, 8.2.
Outcome adler32(Call& call) {
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const char byte : call.text(0)) {
    a = (a + static_cast<unsigned char>(byte)) % 65521;
    b = (b + a) % 65521;
  }
  return Value::of(std::to_string(b << 16U | a));
}

/// A hash costs tens of milliseconds.
bool pay_for_hash(Call& call) { return call.rendering.spend_steps(100'000); }
base::Error unpaid() { return {base::ErrorKind::kLimit, "the template takes too long"}; }

/// "$2a$10$…", as Go's bcrypt with its default cost.
base::Result<std::string> bcrypt(Call& call, const std::string& password) {
  if (!pay_for_hash(call)) return unpaid();
  if (password.size() > 72) return failure("bcrypt: password length exceeds 72 bytes");
  const std::string salt_bytes = random_bytes(16);
  const auto data = std::make_unique<crypt_data>();
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
  if (::crypt_gensalt_rn("$2a$", 10, salt_bytes.data(), static_cast<int>(salt_bytes.size()), setting.data(),
                         static_cast<int>(setting.size())) == nullptr) {
    return failure("failed to encrypt string with bcrypt");
  }
  const char* hash = ::crypt_r(password.c_str(), setting.data(), data.get());
  if (hash == nullptr || hash[0] == '*') return failure("failed to encrypt string with bcrypt");
  return std::string(hash);
}

/// Errors of bcrypt are texts, as in sprig.
Outcome bcrypt_text(Call& call) {
  auto hash = bcrypt(call, call.text(0));
  if (!hash && hash.error().kind() == base::ErrorKind::kLimit) return hash.error();
  return Value::of(hash ? *std::move(hash) : "failed to encrypt string with bcrypt: " + hash.error().text());
}

Outcome htpasswd(Call& call) {
  if (call.text(0).contains(':')) return Value::of("invalid username: " + call.text(0));
  auto hash = bcrypt(call, call.text(1));
  if (!hash) return hash.error();
  return Value::of(call.text(0) + ":" + *hash);
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

/// AES-256 in CBC mode with a key that is the password, cut or filled with zeros.
std::string aes(std::string_view password, std::string_view iv, std::string_view text, bool encrypt) {
  std::string key(password.substr(0, 32));
  key.resize(32, '\0');
  const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  EVP_CipherInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, bytes_of(key), bytes_of(iv), encrypt ? 1 : 0);
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  std::string result(text.size() + 32, '\0');
  auto* out = reinterpret_cast<unsigned char*>(result.data());
  int size = 0;
  int last = 0;
  EVP_CipherUpdate(context.get(), out, &size, bytes_of(text), static_cast<int>(text.size()));
  EVP_CipherFinal_ex(context.get(), out + size, &last);
  result.resize(static_cast<std::size_t>(size) + static_cast<std::size_t>(last));
  return result;
}

Outcome encrypt_aes(Call& call) {
  std::string text = call.text(1);
  if (text.empty()) return Value::of("");
  const std::size_t padding = 16 - text.size() % 16;
  text.append(padding, static_cast<char>(padding));
  const std::string iv = random_bytes(16);
  return Value::of(base64(iv + aes(call.text(0), iv, text, true)));
}

Outcome decrypt_aes(Call& call) {
  if (call.text(1).empty()) return Value::of("");
  std::string bytes(call.text(1).size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), bytes_of(call.text(1)),
                                   static_cast<int>(call.text(1).size()));
  if (size < 0) return failure("illegal base64 data at input byte 0");
  std::size_t padding = 0;
  while (padding < 2 && call.text(1).size() > padding && call.text(1)[call.text(1).size() - 1 - padding] == '=')
    ++padding;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  if (bytes.size() < 32 || bytes.size() % 16 != 0) return failure("crypto/cipher: input not full blocks");
  std::string text = aes(call.text(0), bytes.substr(0, 16), bytes.substr(16), false);
  const auto filled = static_cast<unsigned char>(text.back());
  if (filled > text.size()) {
    return failure(fmt::format("runtime error: slice bounds out of range [:-{}]", filled - text.size()));
  }
  text.resize(text.size() - filled);
  return Value::of(std::move(text));
}

// The Master Password algorithm, version 3: templates of passwords and what their letters stand for.
const std::map<std::string, std::vector<std::string_view>, std::less<>>& password_templates() {
  static const std::map<std::string, std::vector<std::string_view>, std::less<>> templates{
      {"maximum", {"anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"}},
      {"long",
       {"CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv", "CvccCvcvCvcvno",
        "CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc", "CvcvCvcvnoCvcc", "CvcvCvcvCvccno",
        "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno", "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno",
        "CvccnoCvcvCvcc", "CvccCvcvnoCvcc", "CvccCvcvCvccno"}},
      {"medium", {"CvcnoCvc", "CvcCvcno"}},
      {"short", {"Cvcn"}},
      {"basic", {"aaanaaan", "aannaaan", "aaannaaa"}},
      {"pin", {"nnnn"}},
  };
  return templates;
}

std::string_view password_characters(char kind) {
  switch (kind) {
    case 'V':
      return "AEIOU";
    case 'C':
      return "BCDFGHJKLMNPQRSTVWXYZ";
    case 'v':
      return "aeiou";
    case 'c':
      return "bcdfghjklmnpqrstvwxyz";
    case 'A':
      return "AEIOUBCDFGHJKLMNPQRSTVWXYZ";
    case 'a':
      return "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
    case 'n':
      return "0123456789";
    case 'o':
      return "@&%?,=[]_:-+*$#!'^~;()/.";
    default:
      return "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()";
  }
}

std::string big_endian(std::uint64_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFFU);
  return bytes;
}

Outcome derive_password(Call& call) {
  const auto templates = password_templates().find(call.text(1));
  if (templates == password_templates().end()) return Value::of("cannot find password template " + call.text(1));
  if (!pay_for_hash(call)) return unpaid();
  const std::string seed = "com.lyndir.masterpassword";
  const std::string& password = call.text(2);
  const std::string salt = seed + big_endian(call.text(3).size()) + call.text(3);
  std::array<unsigned char, 64> key;
  if (EVP_PBE_scrypt(password.data(), password.size(), bytes_of(salt), salt.size(), 32768, 8, 2,
                     std::uint64_t{128} << 20, key.data(), key.size()) != 1) {
    return failure("failed to derive password");
  }
  const std::string message = seed + big_endian(call.text(4).size()) + call.text(4) + big_endian(call[0].natural());
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum;
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(message), message.size(), sum.data(), &size);
  const std::string_view pattern = templates->second[sum[0] % templates->second.size()];
  std::string result;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view characters = password_characters(pattern[i]);
    result += characters[sum[i + 1] % characters.size()];
  }
  return Value::of(std::move(result));
}

constexpr BuiltIn kFunctions[] = {
    {"adler32sum", "s", adler32},
    {"bcrypt", "s", bcrypt_text},
    {"decryptAES", "ss", decrypt_aes},
    {"derivePassword", "ussss", derive_password},
    {"encryptAES", "ss", encrypt_aes},
    {"htpasswd", "ss", htpasswd},
    {"sha1sum", "s", [](Call& call) -> Outcome { return Value::of(hexadecimal(digest(EVP_sha1(), call.text(0)))); }},
    {"sha256sum", "s",
     [](Call& call) -> Outcome { return Value::of(hexadecimal(digest(EVP_sha256(), call.text(0)))); }},
};

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Random numbers cost more than other steps.
base::Result<void> pay_for_random(Call& call, std::int64_t count) {
  if (count < 0) return failure("count must not be negative");
  if (static_cast<std::uint64_t>(count) > kLargestText / 16) return too_large();
  if (!call.rendering.spend_steps(static_cast<std::size_t>(count) * 4)) {
    return base::Error(base::ErrorKind::kLimit, "the template takes too long");
  }
  return {};
}

Outcome letters(Call& call, std::string_view alphabet) {
  const auto paid = pay_for_random(call, call.integer(0));
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
  const auto paid = pay_for_random(call, static_cast<std::int64_t>(text.size()));
  if (!paid) return paid.error();
  for (std::size_t i = text.size(); i > 1; --i) std::swap(text[i - 1], text[random_below(i)]);
  return Value::of(text_of(text));
}

/// Version 4 (RFC 9562, 5.4).
Outcome uuid(Call& call) {
  const auto paid = pay_for_random(call, 16);
  if (!paid) return paid.error();
  std::string bytes = random_bytes(16);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0FU) | 0x40U);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3FU) | 0x80U);
  std::string text = hexadecimal(bytes);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return Value::of(std::move(text));
}

Outcome bytes(Call& call) {
  const auto paid = pay_for_random(call, call.integer(0));
  if (!paid) return paid.error();
  return Value::of(base64(random_bytes(static_cast<std::size_t>(call.integer(0)))));
}

constexpr BuiltIn kRandom[] = {
    {"randAlpha", "i", [](Call& call) { return letters(call, kLetters); }},
    {"randAlphaNum", "i", [](Call& call) { return letters(call, std::string(kLetters).append(kDigits)); }},
    {"randAscii", "i", [](Call& call) { return letters(call, printable()); }},
    {"randBytes", "i", bytes},
    {"randNumeric", "i", [](Call& call) { return letters(call, kDigits); }},
    {"shuffle", "s", shuffled},
    {"uuidv4", "", uuid},
};

}  // namespace

std::span<const BuiltIn> crypto_functions() { return kFunctions; }

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

std::span<const BuiltIn> random_functions() { return kRandom; }

}  // namespace tandem::templates
