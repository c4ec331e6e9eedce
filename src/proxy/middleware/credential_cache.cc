#include "proxy/middleware/credential_cache.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstring>
#include <string>

namespace tandem::middleware {

namespace {

/// Known to this process only: a digest that leaks says nothing about its password.
const CredentialCache::Key& process_salt() {
  static const CredentialCache::Key salt = [] {
    CredentialCache::Key bytes;
    RAND_bytes(bytes.data(), bytes.size());
    return bytes;
  }();
  return salt;
}

}  // namespace

CredentialCache::Key CredentialCache::key_of(std::string_view password, std::string_view hash) {
  // The hash holds no zero, so the pair is unambiguous; it is salted per user, so the name need not be part.
  std::string text(hash);
  text += '\0';
  text += password;
  Key key;
  unsigned int size = 0;
  HMAC(EVP_sha256(), process_salt().data(), static_cast<int>(process_salt().size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), key.data(), &size);
  return key;
}

std::size_t CredentialCache::KeyHash::operator()(const Key& key) const {
  std::size_t out = 0;
  std::memcpy(&out, key.data(), sizeof out);
  return out;
}

bool CredentialCache::holds(const Key& key, loop::TimePoint now) const {
  const auto found = until_.find(key);
  return found != until_.end() && now < found->second;
}

void CredentialCache::remember(const Key& key, loop::TimePoint now) {
  if (until_.size() >= kMost) {
    std::erase_if(until_, [now](const auto& entry) { return entry.second <= now; });
    if (until_.size() >= kMost) until_.clear();
  }
  until_[key] = now + kTime;
}

}  // namespace tandem::middleware
