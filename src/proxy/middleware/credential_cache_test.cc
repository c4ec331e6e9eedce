#include "proxy/middleware/credential_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace tandem::middleware {
namespace {

TEST(CredentialCache, BelievesForAWhile) {
  CredentialCache cache;
  const loop::TimePoint start{};
  const auto key = CredentialCache::key_of("password", "hash");
  EXPECT_FALSE(cache.holds(key, start));
  cache.remember(key, start);
  EXPECT_TRUE(cache.holds(key, start + CredentialCache::kTime - std::chrono::nanoseconds(1)));
  EXPECT_FALSE(cache.holds(key, start + CredentialCache::kTime));
}

TEST(CredentialCache, TellsPairsApart) {
  EXPECT_NE(CredentialCache::key_of("password", "hash"), CredentialCache::key_of("Password", "hash"));
  EXPECT_NE(CredentialCache::key_of("password", "hash"), CredentialCache::key_of("password", "Hash"));
}

TEST(CredentialCache, StaysSmall) {
  CredentialCache cache;
  const loop::TimePoint start{};
  const auto first = CredentialCache::key_of("first", "hash");
  cache.remember(first, start);
  for (std::size_t i = 0; i < CredentialCache::kMost; ++i) {
    cache.remember(CredentialCache::key_of(std::to_string(i), "hash"), start);
  }
  EXPECT_FALSE(cache.holds(first, start));
}

}  // namespace
}  // namespace tandem::middleware
