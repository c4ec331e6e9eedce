#include "proxy/middleware/password_hash.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tandem::middleware {

namespace {

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool is_bcrypt(std::string_view hash) {
  return hash.size() > 4 && hash.starts_with("$2") && hash[3] == '$' &&
         std::string_view("abxy").find(hash[2]) != std::string_view::npos;
}

bool matches_sha1(std::string_view password, std::string_view hash) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  EVP_Digest(password.data(), password.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 32> text;
  const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  return equal({reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)}, hash);
}

bool matches_bcrypt(std::string_view password, std::string_view hash) {
  // crypt_data is 32 KiB: too much for a small stack.
  const auto work = std::make_unique<crypt_data>();
  const std::string setting(hash);
  const std::string phrase(password);
  if (phrase.find('\0') != std::string::npos) return false;
  const char* const result = crypt_r(phrase.c_str(), setting.c_str(), work.get());
  return result != nullptr && equal(result, hash);
}

using Digest = std::array<unsigned char, 16>;

class Md5 {
 public:
  Md5() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_md5(), nullptr); }
  ~Md5() { EVP_MD_CTX_free(context_); }
  Md5(const Md5&) = delete;
  Md5& operator=(const Md5&) = delete;
  Md5& add(std::string_view text) {
    EVP_DigestUpdate(context_, text.data(), text.size());
    return *this;
  }
  Md5& add(const Digest& digest, std::size_t size = 16) {
    EVP_DigestUpdate(context_, digest.data(), size);
    return *this;
  }
  /// The digest; the object begins anew.
  Digest finish() {
    Digest out;
    EVP_DigestFinal_ex(context_, out.data(), nullptr);
    EVP_DigestInit_ex(context_, EVP_md5(), nullptr);
    return out;
  }

 private:
  EVP_MD_CTX* context_;
};

/// Poul-Henning Kamp's algorithm as crypt(5) describes it under md5crypt; `magic` is "$1$" or Apache's "$apr1$".
Digest md5_crypt(std::string_view password, std::string_view magic, std::string_view salt) {
  Md5 md5;
  const Digest alternate = md5.add(password).add(salt).add(password).finish();
  md5.add(password).add(magic).add(salt);
  for (std::size_t left = password.size(); left > 0; left -= std::min<std::size_t>(left, 16)) {
    md5.add(alternate, std::min<std::size_t>(left, 16));
  }
  for (std::size_t bits = password.size(); bits > 0; bits >>= 1) {
    md5.add((bits & 1) != 0 ? std::string_view("\0", 1) : password.substr(0, 1));
  }
  Digest digest = md5.finish();
  for (int round = 0; round < 1000; ++round) {
    if (round % 2 != 0) {
      md5.add(password);
    } else {
      md5.add(digest);
    }
    if (round % 3 != 0) md5.add(salt);
    if (round % 7 != 0) md5.add(password);
    if (round % 2 != 0) {
      md5.add(digest);
    } else {
      md5.add(password);
    }
    digest = md5.finish();
  }
  return digest;
}

std::string crypt_base64(const Digest& digest) {
  static constexpr std::string_view kLetters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string out;
  const auto put = [&out](std::uint32_t bits, int letters) {
    for (; letters > 0; --letters, bits >>= 6) out += kLetters[bits & 63];
  };
  constexpr std::array<std::array<std::size_t, 3>, 5> kOrder = {
      {{0, 6, 12}, {1, 7, 13}, {2, 8, 14}, {3, 9, 15}, {4, 10, 5}}};
  for (const auto& [high, middle, low] : kOrder) {
    put(static_cast<std::uint32_t>(digest[high]) << 16 | static_cast<std::uint32_t>(digest[middle]) << 8 | digest[low],
        4);
  }
  put(digest[11], 2);
  return out;
}

bool matches_md5(std::string_view password, std::string_view hash, std::string_view magic) {
  std::string_view salt = hash.substr(magic.size());
  const std::size_t dollar = salt.find('$');
  if (dollar == std::string_view::npos) return false;
  const std::string_view wanted = salt.substr(dollar + 1);
  salt = salt.substr(0, std::min<std::size_t>(dollar, 8));
  return equal(crypt_base64(md5_crypt(password, magic, salt)), wanted);
}

}  // namespace

bool is_slow_hash(std::string_view hash) {
  return is_bcrypt(hash) || hash.starts_with("$apr1$") || hash.starts_with("$1$");
}

bool matches_password(std::string_view password, std::string_view hash) {
  constexpr std::string_view kSha = "{SHA}";
  if (hash.starts_with(kSha)) return matches_sha1(password, hash.substr(kSha.size()));
  if (is_bcrypt(hash)) return matches_bcrypt(password, hash);
  for (const std::string_view magic : {"$apr1$", "$1$"}) {
    if (hash.starts_with(magic)) return matches_md5(password, hash, magic);
  }
  return false;
}

}  // namespace tandem::middleware
